/*
  Times the bare exchange of requests and answers. A client sends REQUEST_BYTES and waits for ANSWER_BYTES, one request after the other.
  Both ends are written with bare node:net and run in their own processes. Benchmarks call `secondsOfEcho`, which runs this file as a
  program for each of the two ends:
    node bench/lib/echo.js serve REQUEST_BYTES ANSWER_BYTES
    node bench/lib/echo.js ask REQUEST_BYTES ANSWER_BYTES REQUESTS PORT
*/
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { runNode } from './measure.js'

const path = fileURLToPath(import.meta.url)

/** Seconds from the first to the last answer, measured by the process that sends the requests. */
export async function secondsOfEcho({ requestBytes, answerBytes, requests }) {
  const sizes = [String(requestBytes), String(answerBytes)]
  const server = spawn(process.execPath, [path, 'serve', ...sizes], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const kill = () => server.kill()
  process.once('exit', kill)
  try {
    const [port] = await once(server.stdout.setEncoding('utf8'), 'data')
    const { stdout } = await runNode([path, 'ask', ...sizes, String(requests), port.trim()])
    return Number(stdout)
  } finally {
    process.off('exit', kill)
    server.kill()
  }
}

/** Calls `use` each time another `byteCount` bytes have arrived at a socket. */
function afterEach(byteCount, socket, use) {
  let missing = byteCount
  socket.on('data', bytes => {
    for (missing -= bytes.length; missing <= 0; missing += byteCount) use()
  })
}

async function serve(requestBytes, answerBytes) {
  const answer = Buffer.alloc(answerBytes)
  const server = createServer({ noDelay: true }, socket => {
    afterEach(requestBytes, socket, () => socket.write(answer))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  process.stdout.write(`${server.address().port}\n`)
}

async function ask(requestBytes, answerBytes, requests, port) {
  const request = Buffer.alloc(requestBytes)
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  const startedMs = performance.now()
  let left = requests
  afterEach(answerBytes, socket, () => {
    left -= 1
    if (left > 0) return socket.write(request)
    process.stdout.write(String((performance.now() - startedMs) / 1000))
    return socket.end()
  })
  socket.write(request)
}

if (process.argv[1] === path) {
  const [end, ...numbers] = process.argv.slice(2)
  await { serve, ask }[end](...numbers.map(Number))
}
