/*
  Every file with logic has a test where it is looked for: `src/wire/byte-reader.ts` in `test/wire/byte-reader.test.ts`.
*/
import { access, readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { sep } from 'node:path'
import t from 'tap'
import { root } from './helpers/checkout.js'
import { parseModule, readModules } from './helpers/modules.js'

/** Rooms of which this is true. */
const rooms = [
  'cli',
  'client',
  'infer',
  'load',
  'parse',
  'platform',
  'protocol',
  'schema',
  'selftest',
  'server',
  'source',
  'wire',
]

/** Files whose test has another name, because it tests several of them in one go. */
const testedBy: Readonly<Record<string, string>> = {
  // Their readers are what `readers.ts` makes; the table of all options is tested as one.
  'cli/options/delivery-options.ts': 'cli/options/load-options.test.ts',
  'cli/options/target-options.ts': 'cli/options/load-options.test.ts',
  // What both commands that load have in common.
  'cli/commands/runs/clean-runs.ts': 'cli/commands/runs/runs.test.ts',
  'cli/commands/inputs-of.ts': 'cli/commands/load.test.ts',
  'cli/commands/run-on-process.ts': 'cli/commands/load.test.ts',
  // Only runs of which something has become of the table show them: `test/end-to-end/` does, too.
  'load/evidence/end-look.ts': 'load/evidence/evidence.test.ts',
  'load/receipts/ledger-columns.ts': 'load/receipts/script.test.ts',
  'load/remedies.ts': 'load/journal/changed-run.test.ts',
  'platform/system-clock.ts': 'platform/system.test.ts',
  // Parts of one decision, which whole columns show.
  'infer/candidate.ts': 'infer/choose-type.test.ts',
  'infer/candidate-types.ts': 'infer/choose-type.test.ts',
  'infer/column-probe.ts': 'infer/choose-type.test.ts',
  'infer/text-facts.ts': 'infer/choose-type.test.ts',
  'infer/constant-column.ts': 'infer/infer.test.ts',
  'infer/input-fields.ts': 'infer/infer.test.ts',
  'infer/needed-options.ts': 'infer/infer.test.ts',
  'load/create/infer-options.ts': 'load/create/create-target.test.ts',
  // Their readers are what `readers.ts` makes.
  'cli/options/schema-options.ts': 'cli/commands/schema/schema.test.ts',
  // Parts of what a check says, which only a run brings together.
  'load/check/frozen.ts': 'load/check/check.test.ts',
  'load/check/look.ts': 'load/check/check.test.ts',
  'load/check/looked-input.ts': 'load/check/check.test.ts',
  'load/check/result-of.ts': 'load/check/check.test.ts',
  // What reads one input, and what reads all of them.
  'load/input-reading.ts': 'load/inputs.test.ts',
  'load/follow/followed-file.ts': 'load/follow/followed-inputs.test.ts',
  // Parts of one question to a server, and of what follows from its answer.
  'load/verify/open-verifier.ts': 'load/verify/verifier.test.ts',
  'load/verify/row-reader.ts': 'load/verify/verifier.test.ts',
  'load/verify/verify-plan.ts': 'load/verify/verifier.test.ts',
  // Wiring: `test/end-to-end/` is what tests it.
  'load/load.ts': 'load/ending.test.ts',
  'load/receipts/open-receipts.ts': 'load/delivery/open-delivery.test.ts',
  // Two readers of delimited text behind one face, against the same oracle.
  'parse/csv/csv-parse-tokenizer.ts': 'parse/csv/csv-tokenizer.test.ts',
  'parse/csv/csv-record-scanner.ts': 'parse/csv/csv-tokenizer.test.ts',
  'parse/csv/csv-scanner.ts': 'parse/csv/csv-tokenizer.test.ts',
  // Rows of one table of types, of which only the table is exported to others.
  'parse/types/sixteen-byte-types.ts': 'parse/types/column-types.test.ts',
  'parse/types/decimal-types.ts': 'parse/types/column-types.test.ts',
  'parse/types/floating-types.ts': 'parse/types/column-types.test.ts',
  'parse/types/integer-types.ts': 'parse/types/column-types.test.ts',
  'parse/types/logical-types.ts': 'parse/types/column-types.test.ts',
  'parse/types/pair-types.ts': 'parse/types/column-types.test.ts',
  'parse/types/temporal-types.ts': 'parse/types/column-types.test.ts',
  'parse/types/text-types.ts': 'parse/types/column-types.test.ts',
  // Tables and decoders that only together can be held against another program.
  'source/encoding/character-decoder.ts': 'source/encoding/open-decoder.test.ts',
  'source/encoding/character-table.ts': 'source/encoding/open-decoder.test.ts',
  'source/encoding/multi-byte-tables.ts': 'source/encoding/open-decoder.test.ts',
  'source/encoding/platform-decoder.ts': 'source/encoding/open-decoder.test.ts',
  'source/encoding/single-byte-tables.ts': 'source/encoding/open-decoder.test.ts',
  'source/encoding/table-decoder.ts': 'source/encoding/open-decoder.test.ts',
  'source/encoding/utf16-decoder.ts': 'source/encoding/decoded-text.test.ts',
  'source/encoding/utf8-text.ts': 'source/encoding/open-text.test.ts',
  'parse/text-shape.ts': 'load/rejects/reject-file.test.ts',
  // Elements of the types that the other file names.
  'protocol/types/integer-elements.ts': 'protocol/types/integers.test.ts',
  // Makes the entries of the table of types.
  'protocol/types/type-facts.ts': 'protocol/data-type.test.ts',
}

/** Tests of what several files do together. */
const acrossFiles: readonly string[] = [
  'cli/hostile-output.test.ts',
  'client/embedded.test.ts',
  'client/forgotten-session.test.ts',
  'client/hang-ups.test.ts',
  'client/hostile-answers.test.ts',
  'load/hostile-names.test.ts',
  'parse/csv/bad-input.test.ts',
  'parse/csv/empty-lines.test.ts',
  'parse/hostile.test.ts',
  'parse/record-limits.test.ts',
  'parse/resume.test.ts',
  'parse/types/empty-cells.test.ts',
  'parse/types/oracles.test.ts',
  'protocol/hostile.test.ts',
  'protocol/recordings.test.ts',
  'selftest/endings.test.ts',
  'server/hostile-bytes.test.ts',
  'server/hostile-requests.test.ts',
  'server/hostile-values.test.ts',
  'server/recorded-clients.test.ts',
  'server/script/fuzz.test.ts',
  'server/script/seeds.test.ts',
  'server/script/session/suspension.test.ts',
  'server/session-ids.test.ts',
]

const testOf = (path: string): string => path.replace(/\.ts$/, '.test.ts')

const modules = (await readModules()).filter(({ room }) => rooms.includes(room))

const tests = (await Promise.all(rooms.map(testsOf))).flat()

/** Tests of a room, relative to test/. */
async function testsOf(room: string): Promise<string[]> {
  const folder = fileURLToPath(new URL(`test/${room}/`, root))
  const paths = await readdir(folder, { recursive: true })
  return paths
    .map(path => `${room}/${path.split(sep).join('/')}`)
    .filter(path => path.endsWith('.test.ts'))
}

t.test(
  'every file with logic has a test at its own path, or is named with the one it has',
  async t => {
    t.ok(modules.length > 100, `${modules.length} files are found`)
    const untested = modules
      .filter(({ path, hasLogic }) => hasLogic && !tests.includes(testedBy[path] ?? testOf(path)))
      .map(({ path }) => path)
    t.strictSame(untested, [])
  },
)

t.test('every test is that of a file, or named as one of several', async t => {
  const expected = new Set([...modules.map(({ path }) => testOf(path)), ...acrossFiles])
  t.strictSame(
    tests.filter(path => !expected.has(path)),
    [],
  )
})

t.test('no name in these lists is out of date', async t => {
  for (const path of Object.keys(testedBy)) {
    await access(new URL(`src/${path}`, root))
    t.notOk(tests.includes(testOf(path)), `${path} has no test of its own`)
  }
  for (const path of acrossFiles) t.ok(tests.includes(path), path)
})

t.test('logic is a function with a body', async t => {
  for (const text of [
    'function f() { return 1 }',
    'export const f = () => 1',
    'export const o = { f() { return 1 } }',
    'class A { get x() { return 1 } }',
    'class A { constructor() { this.x = 1 } }',
  ]) {
    t.equal(parseModule('wire/a.ts', text).hasLogic, true, text)
  }
  for (const text of [
    'export const x = 1',
    'export interface A { f(): number }',
    'export type F = (x: number) => number',
    'declare function f(): void',
    'abstract class A { abstract f(): void }',
    "export * from './b.js'",
  ]) {
    t.equal(parseModule('wire/a.ts', text).hasLogic, false, text)
  }
})
