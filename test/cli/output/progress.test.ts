/* The progress of a run, and what `schema` reads: one line on a terminal of any width, and a line every ten seconds elsewhere. */
import fc from 'fast-check'
import t from 'tap'
import { displayWidth, openOutput } from '../../../src/cli/output/output.js'
import { lineText, newLines, startProgress } from '../../../src/cli/output/progress.js'
import type { LoadReport } from '../../../src/load/options.js'
import { newScreen } from '../../helpers/screen.js'
import { forAll } from '../../helpers/runs.js'
import { noRows } from '../../helpers/values.js'
import { fakeProcess, type FakeTerminals } from '../run-cli.js'
import { setTimeout as delay } from 'node:timers/promises'
import { lookReport } from '../../../src/cli/commands/schema.js'

const report = (given: Partial<LoadReport> = {}): LoadReport => ({
  phase: 'loading',
  rows: { ...noRows, read: 2000, confirmed: 1000 },
  sentRows: 1990,
  sentBatches: 2,
  inFlightBytes: 4_000_000,
  bytesRead: 500_000,
  totalBytes: 1_000_000,
  input: { number: 1, count: 1 },
  elapsedMs: 2000,
  ...given,
})

const lineAt = (columns: number, given: Partial<LoadReport> = {}): string =>
  lineText(newLines()(report(given)), columns - 1)

const busy: Partial<LoadReport> = {
  rows: { ...report().rows, rejected: 3, skipped: 4 },
  input: { number: 3, count: 1000 },
}

t.test('a bar shows what is done', async t => {
  const expected = '####............ 25%  0:06 left  confirmed 1,000  995 rows/s  500 kB of 1.00 MB'
  t.equal(lineAt(80), expected)
  const half = lineAt(80, { rows: { ...report().rows, confirmed: 2000 } })
  t.match(half, '########........ 50%  0:02 left')
  t.match(lineAt(80, { rows: { ...report().rows, confirmed: 0 } }), / 50% /, 'without receipts')
  t.match(lineAt(80, { bytesRead: 3_000_000 }), / 100% /, 'a file that grew')
})

t.test('a narrow screen shows the most important parts, a wide screen shows all', async t => {
  t.equal(lineAt(40, busy), '####............ 25%  0:06 left')
  t.equal(lineAt(60, busy), '####............ 25%  0:06 left  confirmed 1,000')
  t.equal(
    lineAt(200, busy),
    '####............ 25%  0:06 left  confirmed 1,000  rejected 3  995 rows/s  file 3 of 1,000  500 kB of 1.00 MB',
  )
})

t.test('for a pipe of unknown size there is no bar, percentage or remaining time', async t => {
  const unknown = lineAt(80, { totalBytes: undefined, input: undefined })
  t.equal(unknown, 'confirmed 1,000  995 rows/s  500 kB')
  t.match(lineAt(80, { totalBytes: 0 }), /^confirmed 1,000 .* {2}500 kB of 0 B/)
})

t.test('each phase has its own text', async t => {
  t.equal(lineAt(80, { phase: 'connecting' }), 'connecting')
  t.match(lineAt(80, { phase: 'confirming', bytesRead: 1_000_000 }), / 50% {2}confirming {2}/)
  const looking = { phase: 'looking', input: { number: 121, count: 4_000 } } as const
  t.equal(lineAt(80, looking), '................ 3%  looking at file 121 of 4,000')
  const expected = '########........ 50%  looking at the input  500 kB of 1.00 MB'
  t.equal(lineAt(80, { phase: 'looking', input: { number: 1, count: 1 } }), expected)
  const piped = { phase: 'looking', input: undefined, totalBytes: undefined } as const
  t.equal(lineAt(80, piped), 'looking at the input  500 kB')
})

t.test('a check shows the rows that it has read', async t => {
  const rows = { ...report().rows, confirmed: 0, rejected: 5 }
  const reading = { phase: 'checking', rows, sentRows: 0, inFlightBytes: 0 } as const
  t.equal(
    lineAt(100, reading),
    '########........ 50%  0:02 left  read 2,000  rejected 5  1.00k rows/s  500 kB of 1.00 MB',
  )
})

t.test('bytes read before loading do not count as loaded', async t => {
  const lineOf = newLines()
  lineOf(report({ phase: 'connecting', elapsedMs: 10, bytesRead: 0 }))
  lineOf(report({ phase: 'looking', elapsedMs: 60_000, bytesRead: 1_000_000 }))
  lineOf(report({ phase: 'loading', elapsedMs: 60_000, bytesRead: 0, sentRows: 0 }))
  const { parts } = lineOf(report({ elapsedMs: 62_000, bytesRead: 500_000, sentRows: 1_000 }))
  t.ok(parts.includes('500 rows/s'), parts.join())
  t.ok(parts.includes('0:06 left'), parts.join())
})

const anyReport = fc.record({
  phase: fc.constantFrom<LoadReport['phase'][]>(
    ...(['connecting', 'looking', 'loading', 'confirming', 'done'] as const),
  ),
  rows: fc.record({
    read: fc.nat(1e12),
    confirmed: fc.nat(1e12),
    filtered: fc.nat(1e9),
    unconfirmed: fc.nat(1e9),
    rejected: fc.nat(1e9),
    skipped: fc.nat(1e9),
    unsent: fc.nat(1e9),
  }),
  sentRows: fc.nat(1e12),
  sentBatches: fc.nat(1e9),
  inFlightBytes: fc.nat(1e9),
  bytesRead: fc.nat(1e15),
  totalBytes: fc.option(fc.nat(1e15), { nil: undefined }),
  input: fc.option(fc.record({ number: fc.nat(1e6), count: fc.nat(1e6) }), { nil: undefined }),
  elapsedMs: fc.nat(1e9),
})

t.test('every line is narrower than the screen, every number valid, for any reports', async () => {
  forAll(100)(
    fc.array(anyReport, { minLength: 1, maxLength: 5 }),
    fc.integer({ min: 2, max: 250 }),
    (reports, columns) => {
      const lineOf = newLines()
      let elapsedMs = 0
      for (const one of reports) {
        const made = lineOf({ ...one, elapsedMs: (elapsedMs += one.elapsedMs) })
        const line = lineText(made, columns - 1)
        if (displayWidth(line) >= columns) return false
        if (/NaN|Infinity|undefined|-\d/.test(`${line} ${lineText(made)}`)) return false
      }
      return true
    },
  )
})

t.test('the remaining time is shown after one second, and follows the rate', async t => {
  const lineOf = newLines()
  const shownAt = new Map<number, string>()
  // First 10 kB per second, then 40 kB per second.
  for (let elapsedMs = 0; elapsedMs < 30_000; elapsedMs += 100) {
    const bytesRead = elapsedMs < 10_000 ? elapsedMs * 10 : 100_000 + (elapsedMs - 10_000) * 40
    const read = Math.floor(bytesRead / 10)
    const rows = { ...report().rows, read, confirmed: read }
    const line = lineOf(
      report({ elapsedMs, bytesRead, rows, sentRows: read, totalBytes: 2_000_000 }),
    )
    shownAt.set(elapsedMs, lineText(line))
  }
  t.notMatch(shownAt.get(900), /left|rows\/s/)
  t.match(shownAt.get(1_000), / 3:19 left .* 1\.00k rows\/s/)
  t.match(shownAt.get(9_900), / 3:10 left .* 1\.00k rows\/s/)
  t.match(shownAt.get(16_000), / 0:42 left .* 4\.00k rows\/s/)
  t.match(shownAt.get(29_900), / 0:28 left .* 4\.00k rows\/s/)
})

t.test('the bar of a terminal is ASCII, and a log has none', async t => {
  const line = { share: 0.5, parts: ['synchronous'] }
  t.equal(lineText(line, 79), '########........ 50%  synchronous')
  t.equal(lineText({ ...line, share: 1 }, 79), '################ 100%  synchronous')
  t.equal(lineText(line), '50%  synchronous')
})

async function watched(terminals: FakeTerminals = {}, quiet = false) {
  const fake = fakeProcess(terminals)
  const output = openOutput(fake.processEnvironment, true)
  const progress = await startProgress(quiet, output, fake.processEnvironment)
  t.teardown(() => progress.stop())
  const stderr = async (): Promise<string> => {
    await new Promise(resolve => setImmediate(resolve))
    return fake.stderr()
  }
  return {
    progress,
    stderr,
    screen: async () => {
      const screen = newScreen()
      screen.write(await stderr())
      return screen
    },
    resize: (columns: number) => Object.assign(fake.processEnvironment.stderr, { columns }),
  }
}

t.test('nothing is drawn before there are figures, and nothing stays at the end', async t => {
  const { progress, screen, stderr } = await watched({ stderrColumns: 80 })
  t.equal(await stderr(), '')
  progress.report(report())
  progress.stop()
  t.strictSame((await screen()).lines(), [''])
})

t.test('the line is redrawn in place; a note is printed above it', async t => {
  const { progress, screen } = await watched({ stderrColumns: 80 })
  progress.report(report({ phase: 'connecting', elapsedMs: 0 }))
  progress.note('worth keeping')
  progress.report(report())
  const drawn = await screen()
  t.strictSame(drawn.lines(), ['worth keeping', lineAt(80)])
  const expected = { row: 1, column: 0 }
  t.strictSame(drawn.cursor(), expected, 'a resize can only add lines after the cursor')
  progress.stop()
  t.strictSame((await screen()).lines(), ['worth keeping', ''])
})

t.test('a bar leaves signals to the program', async t => {
  const listeners = () => ['SIGINT', 'SIGTERM'].map(name => process.listenerCount(name))
  const before = listeners()
  const { progress } = await watched({ stderrColumns: 80 })
  progress.report(report())
  t.strictSame(listeners(), before)
})

t.test('after a resize, the line has the new width', async t => {
  const { progress, screen, resize } = await watched({ stderrColumns: 200 })
  progress.report(report(busy))
  for (const columns of [60, 80, 24, 200]) {
    resize(columns)
    progress.note(`now ${columns}`)
    progress.report(report(busy))
    const lines = (await screen()).lines()
    t.equal(lines.at(-1), lineAt(columns, busy))
  }
  t.equal((await screen()).lines().length, 5, 'and nothing of the old ones is left')
})

t.test('a terminal of unknown width counts as 80 columns wide', async t => {
  const { progress, screen } = await watched({ stderrColumns: 0 })
  progress.report(report(busy))
  t.strictSame((await screen()).lines(), [lineAt(80, busy)])
})

t.test('without a terminal, and on a dumb one, there is one line every ten seconds', async t => {
  for (const terminals of [{}, { stderrColumns: 80, environment: { TERM: 'dumb' } }]) {
    const { progress, stderr } = await watched(terminals)
    for (let elapsedMs = 0; elapsedMs < 35_000; elapsedMs += 100)
      progress.report(report({ ...busy, elapsedMs }))
    progress.report(report({ elapsedMs: 60_000, phase: 'done' }))
    progress.stop()
    const lines = (await stderr()).trimEnd().split('\n')
    const times = lines.map(line => line.split('  ')[0])
    t.strictSame(times, ['0:10', '0:20', '0:30'])
    t.match(
      lines[0],
      /^0:10 {2}25% {2}confirmed 1,000 {2}rejected 3 {2}0 rows\/s {2}file 3 of 1,000 {2}500 kB of 1\.00 MB$/,
    )
  }
  const { progress, stderr } = await watched()
  progress.report(report({ phase: 'looking', elapsedMs: 10_000 }))
  progress.report(report({ phase: 'connecting', elapsedMs: 10_000 }))
  t.equal(await stderr(), '0:10  connecting\n')
})

t.test('a bar is never drawn where no person can see it', async t => {
  for (const terminals of [{}, { stderrColumns: 80, environment: { CI: '1' } }]) {
    const { progress, stderr } = await watched(terminals)
    progress.report(report())
    progress.stop()
    t.equal(await stderr(), '')
  }
})

t.test('schema shows what it reads, and redraws even if no event comes', async t => {
  const { progress, screen } = await watched({ stderrColumns: 100 })
  const shows = async (line: string): Promise<void> => {
    while ((await screen()).lines()[0] !== line) await delay(5)
  }
  const source = { bytesRead: 0, totalBytes: undefined as number | undefined }
  progress.report(lookReport({ number: 1, count: 1, source }))
  await shows('looking at the input  0 B')
  source.bytesRead = 2_000
  await shows('looking at the input  2.00 kB')
  progress.report(lookReport({ number: 120, count: 4_000, source }))
  await shows('................ 2%  looking at file 120 of 4,000')
  progress.stop()
  t.strictSame((await screen()).lines(), [''])
})
