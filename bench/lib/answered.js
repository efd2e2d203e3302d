/*
  Measures how long answered requests take if the server does no work. A session of the library inserts 100 rows at a time and
  waits for each answer. The server, written with bare node:net, counts the bytes of requests but does not read them.
  Benchmarks call `secondsOfAnswers`, which runs this file as a program for each of the two ends:
    node bench/lib/answered.js serve
    node bench/lib/answered.js ask REQUESTS PORT
*/
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { runNode } from './measure.js'

const path = fileURLToPath(import.meta.url)

/** Seconds from the first to the last answer, measured by the process that sends the requests. */
export async function secondsOfAnswers(requests) {
  const server = spawn(process.execPath, [path, 'serve'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const kill = () => server.kill()
  process.once('exit', kill)
  try {
    const [port] = await once(server.stdout.setEncoding('utf8'), 'data')
    return Number((await runNode([path, 'ask', String(requests), port.trim()])).stdout)
  } finally {
    process.off('exit', kill)
    server.kill()
  }
}

const nothing = Buffer.from('1000000001 0 1\nOK\n')
/** An answer with the INT 100. */
const answer = Buffer.concat([Buffer.from('1000000001 1 1\nOK\n'), Buffer.of(4, 0, 100, 0, 0, 0)])
/** The first call ends when no byte arrives for this long. Every later call has as many bytes as the first one. */
const silenceMs = 100

async function serve() {
  const server = createServer({ noDelay: true }, socket => {
    let callBytes = 0
    let missing = 0
    let silence
    const learn = bytes => {
      callBytes += bytes.length
      clearTimeout(silence)
      silence = setTimeout(() => {
        missing = callBytes
        socket.off('data', learn).on('data', count)
        socket.write(answer)
      }, silenceMs)
    }
    const count = bytes => {
      for (missing -= bytes.length; missing <= 0; missing += callBytes) socket.write(answer)
    }
    // Answers the connect request, which comes first.
    socket.once('data', () => socket.on('data', learn).write(nothing))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  process.stdout.write(`${server.address().port}\n`)
}

const rows = 100
const symbols = ['', 'IBN', 'GTYU', 'FHU', 'DGT', 'YUG', 'EE', 'ZD', 'FYU']
const time = BigInt64Array.from({ length: rows }, (_, row) => 1_577_957_400_000n + BigInt(row) * 3n)
const codes = Int32Array.from({ length: rows }, (_, row) => 1 + ((row * 7) % (symbols.length - 1)))
const price = Float64Array.from({ length: rows }, (_, row) => 1 + ((row * 37) % 990) / 10)

/** The rows of `ddb-ingest bench`. */
function batch(request) {
  const id = new Int32Array(rows)
  for (let row = 0; row < rows; row++) id[row] = request * rows + row
  return {
    form: 'table',
    name: '',
    rows,
    columnNames: ['time', 'sym', 'price', 'id'],
    columns: [
      { form: 'vector', type: 'TIMESTAMP', length: rows, data: time },
      { form: 'vector', type: 'SYMBOL', length: rows, codes, base: symbols },
      { form: 'vector', type: 'DOUBLE', length: rows, data: price },
      { form: 'vector', type: 'INT', length: rows, data: id },
    ],
  }
}

async function ask(requests, port) {
  const { connect } = await import('../../dist/index.js')
  const session = await connect({ host: '127.0.0.1', port: Number(port) })
  await session.run('tableInsert{trades}', batch(0))
  const startedMs = performance.now()
  for (let request = 0; request < requests; request++) {
    await session.run('tableInsert{trades}', batch(request))
  }
  process.stdout.write(String((performance.now() - startedMs) / 1000))
  await session.close()
}

if (process.argv[1] === path) {
  const [end, ...rest] = process.argv.slice(2)
  await { serve, ask }[end](...rest)
}
