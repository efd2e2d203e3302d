/*
  What `schema` shows while it reads values.
*/
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { lookReport } from '../../../src/cli/commands/schema.js'
import { openOutput } from '../../../src/cli/output/output.js'
import { startProgress } from '../../../src/cli/output/progress.js'
import type { ReadingPlace } from '../../../src/infer/findings.js'
import { newScreen } from '../../helpers/screen.js'
import { fakeProcess, type FakeTerminals } from '../run-cli.js'

async function watched(t: Test, terminals: FakeTerminals) {
  const fake = fakeProcess(terminals)
  const { processEnvironment } = fake
  const output = openOutput(processEnvironment, true)
  const { report, stop } = await startProgress(false, output, processEnvironment)
  t.teardown(stop)
  return {
    look: { onLook: (place: ReadingPlace) => report(lookReport(place)), stop },
    stderr: () => fake.stderr(),
    /** Waits until the screen shows the text. */
    until: async (text: string) => {
      while (!fake.stderr().includes(text)) await delay(5)
    },
    lines: () => {
      const screen = newScreen()
      screen.write(fake.stderr())
      return screen.lines()
    },
  }
}

t.test('the command shows what it reads, and redraws even if no event comes', async t => {
  const { look, until, lines } = await watched(t, { stderrColumns: 100 })
  const source = { bytesRead: 0, totalBytes: undefined as number | undefined }
  look.onLook({ number: 1, count: 1, source })
  await until('0 B')
  t.strictSame(lines(), ['looking at the input  0 B'])
  source.bytesRead = 2_000
  await until('2.00 kB')
  t.strictSame(lines(), ['looking at the input  2.00 kB'])
  look.onLook({ number: 120, count: 4_000, source })
  await until('file 120')
  t.strictSame(lines(), ['................ 2%  looking at file 120 of 4,000'])
  look.stop()
  await delay(0)
  t.strictSame(lines(), [''])
})

t.test('without a terminal, and on a dumb one, nothing is shown', async t => {
  for (const terminals of [{}, { stderrColumns: 100, environment: { TERM: 'dumb' } }]) {
    const { look, stderr } = await watched(t, terminals)
    look.onLook({ number: 1, count: 2, source: undefined })
    await delay(20)
    t.equal(stderr(), '')
  }
})
