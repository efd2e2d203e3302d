/*
  What `schema` shows while it reads values, on a clock that the test moves.
*/
import { mock } from 'node:test'
import t, { type Test } from 'tap'
import { showReading } from '../../../src/cli/commands/schema.js'
import { openOutput } from '../../../src/cli/output/output.js'
import { newScreen } from '../../helpers/screen.js'
import { fakeProcess, type FakeTerminals } from '../run-cli.js'

async function watched(t: Test, terminals: FakeTerminals) {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  t.teardown(() => mock.timers.reset())
  const fake = fakeProcess(terminals)
  const { processEnvironment } = fake
  const stderr = (): string => fake.stderr()
  const look = showReading(openOutput(processEnvironment, true), processEnvironment)
  const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
  return {
    look,
    stderr,
    pass: async (ms: number) => {
      mock.timers.tick(ms)
      for (let i = 0; i < 20; i++) await turn()
    },
    /** Lets time and turns of the event loop pass until the screen shows the text. The number of turns is unknown. */
    until: async (text: string) => {
      for (let i = 0; i < 10_000 && !stderr().includes(text); i++) {
        mock.timers.tick(20)
        await turn()
      }
    },
    lines: () => {
      const screen = newScreen()
      screen.write(stderr())
      return screen.lines()
    },
  }
}

const note = /^looking at every value of the inputs: --sample 10000/

t.test('after a second the command shows what it reads, even if nothing comes', async t => {
  const { look, pass, until, lines, stderr } = await watched(t, { stderrColumns: 100 })
  const source = { bytesRead: 0, totalBytes: undefined as number | undefined }
  look.onLook({ number: 1, count: 1, source })
  await pass(900)
  t.equal(stderr(), '')
  await until('0 B')
  t.match(lines(), [note, 'looking at the input  0 B'])
  source.bytesRead = 2_000
  await until('2.00 kB')
  t.match(lines(), [note, 'looking at the input  2.00 kB'])
  look.onLook({ number: 120, count: 4_000, source })
  await until('file 120')
  t.match(lines(), [note, '................ 2%  looking at file 120 of 4,000'])
  look.stop()
  t.match(lines(), [note, ''])
  const before = stderr()
  await pass(5_000)
  t.equal(stderr(), before, 'nothing more at its end')
})

t.test('a quick command, and a command without a terminal, show nothing', async t => {
  const quick = await watched(t, { stderrColumns: 100 })
  quick.look.stop()
  await quick.pass(5_000)
  t.equal(quick.stderr(), '')
  mock.timers.reset()
  const piped = await watched(t, {})
  piped.look.onLook({ number: 1, count: 2, source: undefined })
  await piped.pass(5_000)
  t.equal(piped.stderr(), '')
  piped.look.stop()
  mock.timers.reset()
  const dumb = await watched(t, { stderrColumns: 100, environment: { TERM: 'dumb' } })
  await dumb.pass(5_000)
  t.match(dumb.stderr(), note)
  t.equal(dumb.stderr().split('\n').length, 2)
  dumb.look.stop()
})
