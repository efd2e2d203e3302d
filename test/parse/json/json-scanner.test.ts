/*
  JSON values in bytes, against JSON.parse.
*/
import { strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { jsonKinds } from '../../../src/parse/json/json-kinds.js'
import { JsonScanner } from '../../../src/parse/json/json-scanner.js'
import { runs } from '../../helpers/runs.js'

/** Scans one value; the scanner says what it found. */
function scan(text: string): { scanner: JsonScanner; next: number; length: number } {
  const content = Buffer.from(text)
  const bytes = new Uint8Array(2 * content.length + 32)
  bytes.set(content)
  bytes[content.length] = 10
  const scanner = new JsonScanner(true)
  scanner.bytes = bytes
  scanner.view = new DataView(bytes.buffer)
  scanner.end = content.length
  scanner.scratch = content.length + 1
  return { scanner, next: scanner.value(0), length: content.length }
}

const textOf = ({ bytes, textStart, textEnd }: JsonScanner): string =>
  Buffer.from(bytes.subarray(textStart, textEnd)).toString()

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

t.test('a value is whole exactly when JSON.parse takes it', async t => {
  const pieces = ['{', '}', '[', ']', ',', ':', '"', '\\', '\\u00e9', 'a', '1', '-', '.', 'e', '0']
  const soup = fc
    .array(fc.constantFrom(...pieces, 'true', 'null', '"k"', ' ', '\t'), { maxLength: 8 })
    .map(list => list.join('').trim())
  const damaged = fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom(...pieces))
    .map(([json, at, piece]) => {
      const p = at % (json.length + 1)
      return (json.slice(0, p) + piece + json.slice(p + 1)).trim()
    })
  let valid = 0
  fc.assert(
    fc.property(fc.oneof(soup, damaged, fc.json()), text => {
      const { next, length } = scan(text)
      if (isJson(text)) valid++
      strictEqual(next === length && text !== '', isJson(text))
    }),
    { numRuns: runs(1500) },
  )
  t.ok(valid > 0, `${valid} were JSON`)
})

t.test('strings lose their escapes, other values stay as they are written', async t => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      const escaped = JSON.stringify(text).replace(/[^\x20-\x7e]/g, c => {
        return `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`
      })
      const { scanner } = scan(escaped)
      strictEqual(textOf(scanner), text)
    }),
    { numRuns: runs(500) },
  )
  for (const [text, kind] of [
    ['-1.5e+3', jsonKinds.number],
    ['true', jsonKinds.boolean],
    ['null', jsonKinds.null],
    ['[1, {"a":[]}]', jsonKinds.array],
    ['{"a": "}"}', jsonKinds.object],
  ] as const) {
    const { scanner } = scan(text)
    t.equal(scanner.kind, kind, text)
    t.equal(textOf(scanner), text)
  }
})

t.test('half of a surrogate pair is told, a whole one is a character', async t => {
  for (const [text, isBroken] of [
    ['"\\ud83d\\ude00"', false],
    ['"\\ud83d"', true],
    ['"\\ude00\\ud83d"', true],
    ['"\\ud83d\\n"', true],
  ] as const) {
    t.equal(scan(text).scanner.brokenSurrogate, isBroken, text)
  }
})

t.test('NaN and infinities are seen as what they are, in values too', async t => {
  for (const text of ['NaN', 'Infinity', '-Infinity']) {
    const { scanner, next, length } = scan(text)
    t.equal(next, length, text)
    t.strictSame([scanner.kind, textOf(scanner)], [jsonKinds.notFinite, text])
    const inside = scan(`[1,{"a":${text}}]`)
    t.strictSame([inside.scanner.kind, inside.scanner.sawNotFinite], [jsonKinds.array, true])
  }
  t.equal(scan('[1]').scanner.sawNotFinite, false)
  for (const text of ['nan', 'Inf', '-NaN', 'Infinit', '+Infinity', '-'])
    t.equal(scan(text).next, -1)
})

t.test('values inside values have a limit that says what to do', async t => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
  t.equal(scan(nested(512)).next, 1024)
  const { scanner, next } = scan(nested(513))
  t.strictSame([next, scanner.stoppedAt, scanner.tooDeep], [-1, 512, true])
  t.match(scanner.reason, /512 times.*jq/)
  t.match(scan('[,').scanner.reason, /^unexpected ","$/)
})
