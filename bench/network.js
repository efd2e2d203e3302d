/*
  Loads through a network: the cost of TLS, the gain from compression at 1 Gbit/s and 100 Mbit/s, and the cost of round trips of 200
  ms for a run with receipts. The network is a proxy on this machine, and the server is `serve` in its own process.
*/
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { withFolder, writeInput, writeTables } from './lib/inputs.js'
import { alternate, program, runNode } from './lib/measure.js'
import { runAlone } from './lib/report.js'
import { emptyTrades, startSink } from './lib/sink.js'
import { startSlowLink } from './lib/slow-link.js'

const mbit = 125_000
const delayedRows = 10_000_000

/** For each link, the first flags are compared with the second. */
const links = [
  {
    work: 'lz4 against none, 1 Gbit/s',
    rows: 2_000_000,
    link: { bytesPerSecond: 1_000 * mbit },
    flags: [
      ['--compress', 'lz4'],
      ['--compress', 'none'],
    ],
    bar: { atMost: 1.1 },
  },
  {
    work: 'lz4 against none, 100 Mbit/s',
    rows: 2_000_000,
    link: { bytesPerSecond: 100 * mbit },
    flags: [
      ['--compress', 'lz4'],
      ['--compress', 'none'],
    ],
    bar: { atMost: 0.8 },
  },
]

async function timedLoad(server, port, path, flags) {
  await emptyTrades({ server: [...server.server, ...(server.tls ?? [])] })
  const where = ['--host', `127.0.0.1:${port}`]
  const { seconds } = await runNode([
    program,
    'load',
    path,
    '--table',
    'trades',
    '-q',
    ...where,
    ...flags,
  ])
  return seconds
}

async function measureLink({ work, rows, link, flags, bar }, path, server, repeats) {
  const proxy = await startSlowLink(portOf(server), link)
  try {
    const [first, second] = flags
    const { ours, reference } = await alternate(
      () => timedLoad(server, proxy.port, path, ['--mode', 'async', ...first]),
      () => timedLoad(server, proxy.port, path, ['--mode', 'async', ...second]),
      repeats,
    )
    return { work, unit: 's', ours, reference, ratio: ours / reference, bar, rows }
  } finally {
    await proxy.stop()
  }
}

/** Loads over a fast link with a delay. The load is so long that its start and end hardly count. */
async function measureDelay(rows, path, server, repeats) {
  const far = await startSlowLink(portOf(server), { bytesPerSecond: 100 * mbit, delayMs: 100 })
  const near = await startSlowLink(portOf(server), { bytesPerSecond: 100 * mbit, delayMs: 0.5 })
  const flags = ['--mode', 'async', '--compress', 'none']
  try {
    const { ours, reference } = await alternate(
      () => timedLoad(server, far.port, path, flags),
      () => timedLoad(server, near.port, path, flags),
      repeats,
    )
    const work = 'receipts, 100 Mbit/s, round trips of 200 ms against 1 ms'
    return { work, unit: 's', ours, reference, ratio: ours / reference, bar: { atMost: 1.1 }, rows }
  } finally {
    await Promise.all([far.stop(), near.stop()])
  }
}

async function measureTls(rows, path, init, folder, repeats) {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
  const made = [
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-out',
    cert,
    '-keyout',
    key,
  ]
  execFileSync('openssl', ['req', ...made, ...subject], { stdio: 'ignore' })
  const plain = await startSink(init, [])
  const protectedServer = await startSink(init, ['--tls-cert', cert, '--tls-key', key])
  const tls = ['--tls', '--ca-file', cert]
  try {
    const { ours, reference } = await alternate(
      () => timedLoad({ ...protectedServer, tls }, portOf(protectedServer), path, tls),
      () => timedLoad(plain, portOf(plain), path, []),
      repeats,
    )
    const work = 'verified TLS against plain, narrow file'
    return { work, unit: 's', ours, reference, ratio: ours / reference, bar: { atMost: 1.3 }, rows }
  } finally {
    await Promise.all([plain.stop(), protectedServer.stop()])
  }
}

function portOf({ server }) {
  return Number(server.at(-1).split(':').at(-1))
}

export async function measure({ repeats, scale }) {
  return withFolder(async folder => {
    const init = await writeTables(folder)
    const rows = Math.round(2_000_000 * scale)
    const path = await writeInput(folder, 'narrow.csv', rows)
    const figures = [await measureTls(rows, path, init, folder, repeats)]
    const server = await startSink(init, [])
    for (const each of links)
      figures.push(await measureLink({ ...each, rows }, path, server, repeats))
    const longPath = await writeInput(folder, 'narrow.csv', delayedRows * scale)
    figures.push(await measureDelay(delayedRows * scale, longPath, server, repeats))
    await server.stop()
    return figures
  })
}

await runAlone(import.meta.url, 'network', measure)
