// Two scopes with the same metrics by the OpenTelemetry SDK of npm, as one replica of a service; started by senders.py in a directory where
// the packages are. Arguments: the URL of /v1/metrics, http (JSON) or proto, seconds.
import { createRequire } from 'node:module'
import { join } from 'node:path'

const require = createRequire(join(process.cwd(), 'x.js'))
const { resourceFromAttributes } = require('@opentelemetry/resources')
const { MeterProvider, PeriodicExportingMetricReader } = require('@opentelemetry/sdk-metrics')
const [url, form, seconds] = process.argv.slice(2)
const { OTLPMetricExporter } = require('@opentelemetry/exporter-metrics-otlp-' + form)

const provider = new MeterProvider({
  resource: resourceFromAttributes({ 'service.name': 'js-' + form, ...(process.env.INSTANCE ? { 'service.instance.id': process.env.INSTANCE } : {}) }),
  readers: [new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter({ url }), exportIntervalMillis: 1000, exportTimeoutMillis: 900 })]
})
const instruments = ['scope.a', 'scope.b'].map((name, scope) => {
  const meter = provider.getMeter(name, '1.0')
  meter.createObservableGauge('queue.size').addCallback(result => result.observe(scope, { queue: 'q' }))
  return [scope, meter.createCounter('requests', { unit: '{request}' }), meter.createHistogram('latency', { unit: 's' })]
})
const timer = setInterval(() => {
  for (const [scope, requests, latency] of instruments) {
    for (const route of ['/', '/a', '/b']) {
      requests.add(1 + scope, { route })
      latency.record(Math.random(), { route })
    }
  }
}, 50)
setTimeout(async () => {
  clearInterval(timer)
  await provider.shutdown()
}, seconds * 1000)
