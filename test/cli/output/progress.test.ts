import t from 'tap'
import { openOutput } from '../../../src/cli/output/output.js'
import { startProgress } from '../../../src/cli/output/progress.js'
import { displayWidth } from '../../../src/cli/output/terminal-text.js'
import type { LoadReport } from '../../../src/load/options.js'
import { fakeProcess, type FakeTerminals } from '../run-cli.js'

const report = (given: Partial<LoadReport> = {}): LoadReport => ({
  phase: 'loading',
  rows: { read: 2000, confirmed: 1500, unconfirmed: 0, rejected: 3, skipped: 0, unsent: 0 },
  sentRows: 2000,
  sentBatches: 2,
  inFlightBytes: 4_000_000,
  bytesRead: 250_000,
  totalBytes: 1_000_000,
  elapsedMs: 2000,
  ...given,
})

async function started(
  style: 'auto' | 'bar' | 'plain' | 'none',
  terminals: FakeTerminals = {},
  quiet = false,
): Promise<{ progress: Awaited<ReturnType<typeof startProgress>>; stderr: () => Promise<string> }> {
  const fake = fakeProcess(terminals)
  const output = openOutput(fake.processEnvironment, true)
  const progress = await startProgress(style, quiet, output, fake.processEnvironment)
  const stderr = async (): Promise<string> => {
    await new Promise(resolve => setImmediate(resolve))
    return fake.stderr()
  }
  return { progress, stderr }
}

/** The line of a run that has lasted for ten seconds, without a terminal. */
async function plainLine(given: Partial<LoadReport> = {}): Promise<string> {
  const { progress, stderr } = await started('plain')
  progress.report(report({ elapsedMs: 10_000, sentRows: 10_000, bytesRead: 250_000, ...given }))
  return stderr()
}

/** What stands on a terminal when the reports have come; escape sequences are left out. */
async function drawnLine(...reports: readonly Partial<LoadReport>[]): Promise<string> {
  const { progress, stderr } = await started('bar', { stderrColumns: 120 })
  for (const given of reports) progress.report(report(given))
  progress.stop()
  const lines = (await stderr())
    .split('\u001b')
    .map(piece => piece.replace(/^\[?[\d;?]*[A-Za-z78]?/, ''))
  return lines.filter(line => line !== '').at(-1) ?? ''
}

t.test('the figures say how far, how fast, what is known and how long still', async t => {
  t.equal(
    await plainLine(),
    '0:10  25%  1.00k rows/s  25.0 kB/s  in flight 4.00 MB  confirmed 1,500  rejected 3  ETA 0:30\n',
  )
})

t.test('rows of earlier processes stand by themselves', async t => {
  const rows = { ...report().rows, skipped: 9_000 }
  t.match(await plainLine({ rows }), 'confirmed 1,500  from before 9,000  rejected 3')
})

t.test('a pipe has neither percent nor an end in sight', async t => {
  t.equal(
    await plainLine({ totalBytes: undefined }),
    '0:10  1.00k rows/s  25.0 kB/s  in flight 4.00 MB  confirmed 1,500  rejected 3\n',
  )
})

t.test('each phase says what it does', async t => {
  t.equal(await plainLine({ phase: 'connecting' }), '0:10  connecting\n')
  const confirming = { phase: 'confirming', bytesRead: 1_000_000 } as const
  t.match(await plainLine(confirming), /100%.*confirming\n$/)
  t.equal(await drawnLine({ phase: 'connecting' }), 'connecting')
  t.match(await drawnLine(confirming), /^█{16} 100% {2}.*confirming$/)
})

t.test('the bar fills with the bytes; without an end no bar is drawn', async t => {
  t.match(await drawnLine({}), /^████░{12} 25% {2}1\.00k rows\/s .* ETA /)
  t.match(await drawnLine({ bytesRead: 2_000_000 }), /^█{16} 100% /, 'a file that grew')
  t.match(await drawnLine({ totalBytes: undefined }), /^1\.00k rows\/s /)
  t.match(await drawnLine({ totalBytes: 0 }), /^1\.00k rows\/s /)
})

t.test('the line keeps inside the terminal', async t => {
  const { progress, stderr } = await started('auto', { stderrColumns: 40 })
  progress.report(report())
  progress.stop()
  const drawn = (await stderr())
    .split('\u001b')
    .map(piece => piece.replace(/^\[?[\d;?]*[A-Za-z78]?/, ''))
  t.ok(drawn.every(piece => displayWidth(piece) < 40))
  t.ok(drawn.some(piece => piece.endsWith('…')))
})

t.test('without a terminal there is one line every ten seconds', async t => {
  const { progress, stderr } = await started('auto')
  for (let elapsedMs = 0; elapsedMs < 35_000; elapsedMs += 100)
    progress.report(report({ elapsedMs }))
  progress.report(report({ elapsedMs: 60_000, phase: 'done' }))
  progress.stop()
  const lines = (await stderr()).trimEnd().split('\n')
  t.strictSame(
    lines.map(line => line.split('  ')[0]),
    ['0:10', '0:20', '0:30'],
  )
})

t.test('a terminal gets a bar that is gone at the end', async t => {
  const { progress, stderr } = await started('auto', { stderrColumns: 100 })
  progress.report(report())
  progress.note('worth keeping')
  progress.report(report({ bytesRead: 500_000 }))
  progress.stop()
  const text = await stderr()
  t.match(text, /25%/)
  t.ok(text.includes('\u001b[2Kworth keeping\n\u001b7'), 'a note stands above a bar drawn anew')
  t.ok(text.endsWith('\u001b[2K'), 'the line is cleared')
})

t.test('a bar is never drawn where nobody can see it', async t => {
  for (const terminals of [{}, { stderrColumns: 80, environment: { CI: '1' } }]) {
    const { progress, stderr } = await started('auto', terminals)
    progress.report(report())
    progress.stop()
    t.equal(await stderr(), '')
  }
  const asked = await started('bar', { stderrColumns: 80, environment: { CI: '1' } })
  asked.progress.report(report())
  asked.progress.stop()
  t.match(await asked.stderr(), /25%/, 'unless it was asked for')
})

t.test('none leaves the notes, quiet takes them away too', async t => {
  const none = await started('none')
  none.progress.report(report({ elapsedMs: 20_000 }))
  none.progress.note('a note')
  t.equal(await none.stderr(), 'a note\n')
  const quiet = await started('auto', { stderrColumns: 80 }, true)
  quiet.progress.report(report())
  quiet.progress.note('a note')
  quiet.progress.stop()
  t.equal(await quiet.stderr(), '')
})
