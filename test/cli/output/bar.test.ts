import t from 'tap'
import { openBar, type Advance } from '../../../src/cli/output/bar.js'
import { openOutput } from '../../../src/cli/output/output.js'
import { fakeProcess } from '../run-cli.js'

/** A bar on a terminal of 80 columns, and all that was written there. */
async function scene() {
  const fake = fakeProcess({ stderrColumns: 80 })
  const output = openOutput(fake.processEnvironment, true)
  const bar = await openBar(output, fake.processEnvironment.stderr)
  t.teardown(() => bar.stop())
  return {
    bar,
    written: async () => {
      await new Promise(resolve => setImmediate(resolve))
      return fake.stderr()
    },
  }
}

const half: Advance = { value: 50, total: 100, figures: '5 rows/s', timed: false }

t.test('nothing is drawn before there is something to show', async t => {
  const { bar, written } = await scene()
  bar.stop()
  t.equal(await written(), '')
})

t.test('half of it is half a bar, with its figures', async t => {
  const { bar, written } = await scene()
  bar.show(half)
  bar.stop()
  t.match(await written(), /█{8}░{8} 50% {2}5 rows\/s/)
})

t.test('the remaining time stands there where it can be told', async t => {
  const timed = await scene()
  timed.bar.show({ ...half, timed: true })
  t.match(await timed.written(), /ETA/)
  const untimed = await scene()
  untimed.bar.show(half)
  t.notMatch(await untimed.written(), /ETA/)
})

t.test('without an end there are figures alone', async t => {
  const { bar, written } = await scene()
  bar.show({ ...half, total: undefined })
  const text = await written()
  t.match(text, /5 rows\/s/)
  t.notMatch(text, /[█░%]/)
})

t.test('a note stays above, and the line is gone at the end', async t => {
  const { bar, written } = await scene()
  bar.show(half)
  bar.note('worth keeping')
  bar.stop()
  bar.stop()
  const text = await written()
  t.ok(text.includes('\u001b[2Kworth keeping\n'))
  t.equal(text.split('worth keeping').length, 2)
})
