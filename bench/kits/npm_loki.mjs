// Pushes with two Loki clients of npm (winston-loki as protobuf and as JSON, pino-loki) and reads back.
//   cd $(mktemp -d) && npm init -y && npm install winston winston-loki pino pino-loki
//   cp .../bench/kits/npm_loki.mjs . && node npm_loki.mjs http://127.0.0.1:3200
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const winston = require('winston')
const LokiTransport = require('winston-loki')
const { pinoLoki } = await import('pino-loki')
const pino = require('pino')

const url = process.argv[2] ?? 'http://127.0.0.1:3200'
const run = 'npm' + Date.now()
const count = 200
const lines = Array.from({ length: count }, (_, i) =>
  ['plain', 'emoji \u{1F600} über', 'quote " and \\ back', 'tab\tand\r\nlines', 'nul \0 \u001b[31mred'][i % 5] + ' ' + i)
let failed = 0

async function read(selector) {
  const query = new URLSearchParams({ query: selector, limit: '5000', direction: 'forward' })
  const answer = await fetch(`${url}/loki/api/v1/query_range?${query}`)
  const body = await answer.text()
  if (!answer.ok) throw new Error(`${answer.status} ${body}`)
  return JSON.parse(body).data.result.flatMap(stream => stream.values.map(value => ({ labels: stream.stream, line: value[1] })))
}

async function judge(name, selector, text) {
  const found = await read(selector)
  const seen = found.map(entry => text(entry.line)).sort()
  const same = JSON.stringify(seen) === JSON.stringify([...lines].sort())
  const level = found.every(entry => entry.labels.detected_level === 'warn' || entry.labels.level === 'warning')
  console.log(`${same && level ? 'PASS' : 'FAIL'} ${name}: ${found.length} of ${count} lines` + (same ? '' : `; first ${JSON.stringify(seen[0])}`))
  failed += same && level ? 0 : 1
}

for (const json of [false, true]) {
  const name = `winston-loki ${json ? 'JSON' : 'protobuf'}`
  const app = `${run}-winston-${json}`
  const errors = []
  const transport = new LokiTransport({
    host: url, json, labels: { app }, interval: 1, gracefulShutdown: false,
    format: winston.format.printf(info => info.message), onConnectionError: error => errors.push(error)
  })
  const logger = winston.createLogger({ transports: [transport] })
  lines.forEach(line => logger.warn(line))
  await transport.flush()
  errors.forEach(error => console.log(`${name}: ${error}`))
  await judge(name, `{app="${app}"}`, line => line)
  logger.close()
}

const app = `${run}-pino`
const stream = pinoLoki({ host: url, labels: { app }, batching: { interval: 1 } })
const logger = pino({ base: null }, stream)
lines.forEach(line => logger.warn(line))
await new Promise(done => { stream.on('close', done); stream.end() })
await judge('pino-loki JSON', `{app="${app}"}`, line => JSON.parse(line).msg)
process.exit(failed)
