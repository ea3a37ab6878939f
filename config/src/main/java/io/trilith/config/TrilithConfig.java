package io.trilith.config;

/** Everything that can be configured, one record per concern. */
public record TrilithConfig(
    @Key(doc = "Where the process listens and how much it takes from one client.")
        ServerConfig server,
    @Key(doc = "Who may ask. Without it the listeners serve this machine alone.") AuthConfig auth,
    @Key(
            doc =
                "Where it is written who removed, changed or administered what, and who was refused.")
        AuditConfig audit,
    @Key(doc = "Encryption of all three listeners.") TlsConfig tls,
    @Key(doc = "What browsers let pages of other origins do with the API and the OTLP receivers.")
        CorsConfig cors,
    @Key(doc = "How large the heap is and who may hold how much of it.") MemoryConfig memory,
    @Key(doc = "How tenants are told apart.") TenancyConfig tenancy,
    @Key(doc = "Where blocks, catalog and log live.") StorageConfig storage,
    @Key(doc = "How a server follows what other processes do with its bucket.")
        CatalogConfig catalog,
    @Key(doc = "The write-ahead log that makes an acknowledged write durable.") WalConfig wal,
    @Key(doc = "The part of each tenant's data that is in memory, protected by the log.")
        HeadConfig head,
    @Key(doc = "Memory and disk that hold what queries read again and again.") CacheConfig cache,
    @Key(doc = "How long data stays, judged on its own time.") RetentionConfig retention,
    @Key(doc = "What becomes of requests to delete data.") DeletionConfig deletion,
    @Key(doc = "Aggregates of metrics that make queries with long steps cheaper.")
        DownsamplingConfig downsampling,
    @Key(
            doc =
                "What one tenant's data may look like; beyond a limit an item is refused with its"
                    + " name.")
        LimitsConfig limits,
    @Key(
            doc =
                "What becomes of OpenTelemetry metrics; names and defaults of Prometheus' otlp"
                    + " section.")
        OtlpMetricsConfig otlpMetrics,
    @Key(
            doc =
                "What is done with telemetry before it is stored: redaction, relabelling, what is"
                    + " dropped.")
        PipelineConfig pipeline,
    @Key(doc = "What is added to log entries when they come, and what becomes of attributes.")
        LogIngestConfig logIngest,
    @Key(
            doc =
                "What one tenant's log entries may look like; beyond a limit an entry is refused"
                    + " with its name.")
        LogLimitsConfig logLimits,
    @Key(
            doc =
                "Metrics of pairs of Prometheus servers that scrape the same: one replica's samples"
                    + " are kept.")
        HaDedupeConfig haDedupe,
    @Key(doc = "What one PromQL query may cost.") QueryConfig query,
    @Key(doc = "What one LogQL query may ask for; samples, bytes and points as under query.")
        LogQueryConfig logQuery,
    @Key(doc = "What one tenant's spans may look like.") TraceLimitsConfig traceLimits,
    @Key(doc = "What one TraceQL query may ask for.") TraceQueryConfig traceQuery,
    @Key(doc = "Metrics that are made of spans as they come, as by Tempo's metrics-generator.")
        MetricsGeneratorConfig metricsGenerator,
    @Key(doc = "Of these, calls, latency and size by service and operation.")
        SpanMetricsConfig spanMetrics,
    @Key(doc = "Of these, requests from one service to another.") ServiceGraphsConfig serviceGraphs,
    @Key(doc = "Recording and alerting rules, and the Alertmanagers that get the alerts.")
        RulesConfig rules,
    @Key(doc = "Service level objectives: their events are counted, alerts follow from them.")
        SlosConfig slos) {}
