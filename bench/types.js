/*
  Compares encoding and decoding a million rows of every type, and a table, with Buffer.copy of the bytes and with the official JavaScript
  client:
    encode, against the copy    into an existing buffer, like the copy
    encode, against the client  into a new buffer, like the client
    decode, against either      into new arrays, with every element decoded
  Both codecs start from typed arrays and texts, except that the client starts array vectors from its own blocks. SYMBOL starts
  from codes and base; `from texts` means that the codec must find the codes. Times are processor time.
*/
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { alternate } from './lib/measure.js'
import { clientMissing } from './lib/packages.js'
import { typeValues } from './lib/type-values.js'

const fullRows = 1_000_000
/** Long enough for a precise time and for some garbage collections, except with a very small scale. */
const fullSeconds = 0.1

const copy = 'Buffer.copy'
const client = 'the JavaScript client'
const comparisons = [
  { verb: 'encode', ours: 'encodeInto', reference: 'copy', against: copy },
  { verb: 'encode', ours: 'encode', reference: 'encode', against: client },
  { verb: 'decode', ours: 'decode', reference: 'copy', against: copy },
  { verb: 'decode', ours: 'decode', reference: 'decode', against: client },
]

function barOf(kind, { verb, against }) {
  if (verb === 'encode' && kind === 'numeric' && against === copy) return { atLeast: 0.5 }
  return verb === 'encode' && kind === 'table' && against === client ? { atLeast: 3 } : undefined
}

/**
 * Makes glibc keep freed memory. Otherwise most of the time may be spent on new memory from the kernel, depending on what the process
 * did before.
 */
const keepMemory = { MALLOC_MMAP_MAX_: '0', MALLOC_TRIM_THRESHOLD_: String(2 ** 32) }

/** Starts lib/codec.js. */
function startCodec(name) {
  const child = fork(fileURLToPath(new URL('lib/codec.js', import.meta.url)), [name], {
    execArgv: ['--expose-gc'],
    env: { ...process.env, ...keepMemory },
  })
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`the process of ${name} ended with ${code ?? signal}`)
  })
  return {
    async ask(question) {
      child.send(question)
      const [answer] = await Promise.race([once(child, 'message'), ended])
      return answer
    },
    async stop() {
      child.disconnect()
      await ended.catch(() => undefined)
    },
  }
}

/** Megabytes of encoded bytes per second, and how many times as fast as the reference. */
export async function types({ repeats, scale }) {
  const rows = Math.round(fullRows * scale)
  const seconds = fullSeconds * Math.min(1, scale * 10)
  const ours = startCodec('ours')
  const other = clientMissing ? undefined : startCodec('js-client')
  if (other === undefined) {
    process.stderr.write(
      'not compared with the JavaScript client: npm ci --prefix test/oracle installs it\n',
    )
  }
  const figures = []
  try {
    for (const [name, { kind }] of typeValues) {
      const { byteLength } = await ours.ask({ name, rows })
      const { works = [] } = (await other?.ask({ name, rows })) ?? {}
      for (const comparison of comparisons) {
        const { verb, reference, against } = comparison
        if (against === client && other === undefined) continue
        const codec = against === copy ? ours : works.includes(reference) ? other : undefined
        const time = (one, work) => () => one.ask({ work, seconds })
        const timeOurs = time(ours, comparison.ours)
        // The client cannot do the work of every type.
        const medians =
          codec === undefined
            ? { ours: await timeOurs() }
            : await alternate(timeOurs, time(codec, reference), repeats)
        const speedOf = time => byteLength / 1e6 / time
        figures.push({
          work: `${verb} ${name}, against ${against}`,
          unit: 'MB/s',
          ours: speedOf(medians.ours),
          ...(codec && {
            reference: speedOf(medians.reference),
            ratio: medians.reference / medians.ours,
            bar: barOf(kind, comparison),
          }),
          ...(kind === 'table' ? {} : { type: name }),
        })
      }
    }
    return figures
  } finally {
    await Promise.all([ours, other].map(codec => codec?.stop()))
  }
}
