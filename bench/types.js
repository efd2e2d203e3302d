/*
  Compares encoding and decoding a million rows of every type, and a table, with Buffer.copy of the bytes and with the official JavaScript
  client:
    encode, against the copy    into an existing buffer, like the copy
    encode, against the client  into a new buffer, like the client
    decode, against either      into new arrays, with every element decoded
  Both codecs start from typed arrays and texts, except that the client starts array vectors from its own blocks. SYMBOL starts
  from codes and base; `from texts` means that the codec must find the codes. Times are processor time.
*/
import { startCodec } from './lib/codec-process.js'
import { alternate } from './lib/measure.js'
import { clientIsInstalled } from './lib/official-client.js'
import { typeValues } from './lib/type-values.js'

const fullRows = 1_000_000
/** Long enough for a precise time and for some garbage collections. */
const sampleSeconds = 0.1

const comparisons = [
  { verb: 'encode', ours: 'encodeInto', reference: 'copy', against: 'Buffer.copy' },
  { verb: 'encode', ours: 'encode', reference: 'encode', against: 'the JavaScript client' },
  { verb: 'decode', ours: 'decode', reference: 'copy', against: 'Buffer.copy' },
  { verb: 'decode', ours: 'decode', reference: 'decode', against: 'the JavaScript client' },
]

function barOf(kind, { verb, reference }) {
  if (verb !== 'encode') return undefined
  if (kind === 'numeric' && reference === 'copy') return { atLeast: 0.5 }
  return kind === 'table' && reference === 'encode' ? { atLeast: 3 } : undefined
}

/** @param other  the codec of the reference; undefined if the reference cannot do this work */
async function figureOf(work, comparison, { ours, other, byteLength, kind, repeats }) {
  const medians =
    other === undefined
      ? undefined
      : await alternate(
          () => ours.time(comparison.ours, sampleSeconds),
          () => other.time(comparison.reference, sampleSeconds),
          repeats,
        )
  const oursSeconds = medians?.ours ?? (await ours.time(comparison.ours, sampleSeconds))
  const megabytes = byteLength / 1e6
  return {
    work,
    unit: 'MB/s',
    ours: megabytes / oursSeconds,
    reference: medians === undefined ? undefined : megabytes / medians.reference,
    ratio: medians === undefined ? undefined : medians.reference / oursSeconds,
    bar: medians === undefined ? undefined : barOf(kind, comparison),
  }
}

async function measureValue(name, { ours, client }, rows, repeats) {
  const { byteLength } = await ours.prepare(name, rows)
  const clientWorks = (await client?.prepare(name, rows))?.works ?? []
  const { kind } = typeValues.get(name)
  const figures = []
  for (const comparison of comparisons) {
    const { verb, reference, against } = comparison
    const isCopy = reference === 'copy'
    if (!isCopy && client === undefined) continue
    const other = isCopy ? ours : clientWorks.includes(reference) ? client : undefined
    const work = `${verb} ${name}, against ${against}`
    const figure = await figureOf(work, comparison, { ours, other, byteLength, kind, repeats })
    figures.push(kind === 'table' ? figure : { ...figure, type: name })
  }
  return figures
}

/** Megabytes of encoded bytes per second, and how many times as fast as the reference. */
export async function measure({ repeats, scale }) {
  const rows = Math.round(fullRows * scale)
  const ours = startCodec('ours')
  const client = clientIsInstalled ? startCodec('js-client') : undefined
  if (client === undefined) {
    process.stderr.write(
      'not compared with the JavaScript client: npm ci --prefix test/oracle installs it\n',
    )
  }
  try {
    const figures = []
    for (const name of typeValues.keys()) {
      figures.push(...(await measureValue(name, { ours, client }, rows, repeats)))
    }
    return figures
  } finally {
    await Promise.all([ours, client].map(codec => codec?.stop()))
  }
}
