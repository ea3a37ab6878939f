// Sends traces with the OpenTelemetry SDK of npm, over OTLP/HTTP as JSON and as protobuf, and compares what comes back.
//   cd $(mktemp -d) && npm init -y && npm install @opentelemetry/api @opentelemetry/resources @opentelemetry/sdk-trace-node \
//     @opentelemetry/exporter-trace-otlp-http @opentelemetry/exporter-trace-otlp-proto
//   cp .../bench/kits/npm_otel.mjs . && node npm_otel.mjs http://127.0.0.1:3200
import { createRequire } from 'node:module'
import assert from 'node:assert/strict'

const require = createRequire(import.meta.url)
const { ROOT_CONTEXT, trace, SpanKind, SpanStatusCode } = require('@opentelemetry/api')
const { resourceFromAttributes } = require('@opentelemetry/resources')
const { NodeTracerProvider, BatchSpanProcessor, SimpleSpanProcessor, InMemorySpanExporter } = require('@opentelemetry/sdk-trace-node')

const url = process.argv[2] ?? 'http://127.0.0.1:3200'
const nanos = ([seconds, rest]) => BigInt(seconds) * 1_000_000_000n + BigInt(rest)
const base64 = hex => Buffer.from(hex, 'hex').toString('base64')
let failed = 0

// Values of attributes as OTLP's JSON has them.
function value(of) {
  if (Array.isArray(of)) return { arrayValue: { values: of.map(value) } }
  if (typeof of === 'string') return { stringValue: of }
  if (typeof of === 'boolean') return { boolValue: of }
  return Number.isInteger(of) ? { intValue: String(of) } : { doubleValue: of }
}
const attributes = of => Object.entries(of).map(([key, one]) => ({ key, value: value(one) }))
  .sort((a, b) => (a.key < b.key ? -1 : 1))
const sorted = list => [...(list ?? [])].sort((a, b) => (a.key < b.key ? -1 : 1))

function sent(span) {
  const context = span.spanContext()
  return {
    trace: base64(context.traceId), id: base64(context.spanId),
    parent: span.parentSpanContext ? base64(span.parentSpanContext.spanId) : '',
    state: context.traceState?.serialize() ?? '', name: span.name,
    kind: ['INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'][span.kind],
    start: String(nanos(span.startTime)), end: String(nanos(span.endTime)),
    attributes: attributes(span.attributes), status: ['UNSET', 'OK', 'ERROR'][span.status.code], message: span.status.message ?? '',
    events: span.events.map(event => ({ name: event.name, time: String(nanos(event.time)), attributes: attributes(event.attributes ?? {}) })),
    links: span.links.map(link => ({ trace: base64(link.context.traceId), id: base64(link.context.spanId), attributes: attributes(link.attributes ?? {}) })),
    scope: [span.instrumentationScope.name, span.instrumentationScope.version ?? ''], resource: attributes(span.resource.attributes)
  }
}

function stored(span, scope, resource) {
  return {
    trace: span.traceId, id: span.spanId, parent: span.parentSpanId ?? '', state: span.traceState ?? '', name: span.name,
    kind: span.kind.replace('SPAN_KIND_', ''), start: span.startTimeUnixNano, end: span.endTimeUnixNano,
    attributes: sorted(span.attributes), status: span.status.code.replace('STATUS_CODE_', ''), message: span.status.message ?? '',
    events: (span.events ?? []).map(event => ({ name: event.name, time: event.timeUnixNano, attributes: sorted(event.attributes) })),
    links: (span.links ?? []).map(link => ({ trace: link.traceId, id: link.spanId, attributes: sorted(link.attributes) })),
    scope: [scope.name, scope.version ?? ''], resource: sorted(resource.attributes)
  }
}

async function read(id) {
  const answer = await fetch(`${url}/api/v2/traces/${id}`)
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
  return (await answer.json()).trace.resourceSpans.flatMap(resource =>
    resource.scopeSpans.flatMap(scope => scope.spans.map(span => stored(span, scope.scope, resource.resource))))
}

function make(tracer, count) {
  const root = tracer.startSpan('root über \u{1F600}', { kind: SpanKind.SERVER, attributes: { whole: 42, real: 0.5, yes: true, text: 'a "quoted" one', none: '' } }, ROOT_CONTEXT)
  let parent = root
  for (let i = 0; i < count; i++) {
    const span = tracer.startSpan('span ' + (i % 7), {
      kind: i % 5, attributes: { i, list: ['a', 'b'], numbers: [1, 2, 3], ['key.' + (i % 11)]: 'v'.repeat(i % 50) },
      links: i % 10 === 0 ? [{ context: root.spanContext(), attributes: { why: 'because' } }] : []
    }, trace.setSpan(ROOT_CONTEXT, parent))
    span.addEvent('event', { n: i, big: Number.MAX_SAFE_INTEGER })
    if (i % 3 === 0) span.setStatus({ code: SpanStatusCode.ERROR, message: 'failed ' + i })
    if (i % 4 === 1) span.recordException(new Error('boom'))
    span.end()
    if (i % 6 === 0) parent = span
  }
  root.end()
  return root.spanContext().traceId
}

for (const form of ['http', 'proto']) {
  const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-' + form)
  const memory = new InMemorySpanExporter()
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'npm-' + form, 'service.namespace': 'kits', 'process.pid': process.pid }),
    spanProcessors: [
      new BatchSpanProcessor(new OTLPTraceExporter({ url: url + '/v1/traces' }), { maxExportBatchSize: 64, maxQueueSize: 4096 }),
      new SimpleSpanProcessor(memory)
    ]
  })
  const id = make(provider.getTracer('npm_otel', '1.2.3'), 500)
  await provider.forceFlush()
  const by = (a, b) => (a.id < b.id ? -1 : 1)
  const was = memory.getFinishedSpans().map(sent).sort(by)
  const is = (await read(id)).sort(by)
  let difference = ''
  try {
    assert.deepEqual(is, was)
  } catch (error) {
    difference = '; ' + error.message.split('\n').slice(0, 30).join('\n')
    failed++
  }
  console.log(`${difference ? 'FAIL' : 'PASS'} OTLP/HTTP ${form}: ${is.length} of ${was.length} spans${difference}`)
  await provider.shutdown()
}
process.exit(failed)
