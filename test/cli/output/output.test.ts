import { PassThrough, Writable } from 'node:stream'
import t from 'tap'
import { canRedraw, openOutput } from '../../../src/cli/output/output.js'
import { fakeProcess } from '../run-cli.js'

/** A stream that fails with `code` on its first write. */
function broken(code: string): Writable {
  return new Writable({
    write(_chunk, _encoding, done) {
      done(Object.assign(new Error(code), { code }))
    },
  })
}

t.test('a reader that has gone away ends the output quietly', async t => {
  const { processEnvironment } = fakeProcess()
  const output = openOutput({ ...processEnvironment, stdout: broken('EPIPE') }, true)
  await output.write('one')
  await new Promise(resolve => setImmediate(resolve))
  t.equal(await output.write('two'), false)
  const silent = openOutput({ ...processEnvironment, stderr: broken('EPIPE') }, true)
  t.doesNotThrow(() => silent.note('nobody hears this'))
  await new Promise(resolve => setImmediate(resolve))
})

t.test('output that cannot be written fails with its code, each time', async t => {
  const { processEnvironment } = fakeProcess()
  const output = openOutput({ ...processEnvironment, stdout: broken('ENOSPC') }, true)
  const failure = { code: 'DDB_OUTPUT_WRITE', message: /standard output \(ENOSPC\)/ }
  await t.rejects(output.write('one'), failure)
  await t.rejects(output.writeData('two'), failure)
})

t.test('notes that cannot be written end nothing', async t => {
  const fake = fakeProcess()
  const output = openOutput({ ...fake.processEnvironment, stderr: broken('ENOSPC') }, true)
  output.note('nobody hears this')
  await new Promise(resolve => setImmediate(resolve))
  t.equal(await output.write('result'), true)
})

t.test('output waits for a slow reader', async t => {
  const stdout = new PassThrough({ highWaterMark: 10 })
  const output = openOutput({ ...fakeProcess().processEnvironment, stdout }, true)
  let written = false
  const writing = output.write('x'.repeat(100)).then(isOpen => (written = isOpen))
  await new Promise(resolve => setImmediate(resolve))
  t.notOk(written)
  stdout.resume()
  await writing
  t.ok(written)
})

t.test('writing often leaves nothing behind on the stream', async t => {
  const { processEnvironment } = fakeProcess()
  const output = openOutput(processEnvironment, true)
  const listeners = (): number[] =>
    ['close', 'error', 'drain'].map(event => processEnvironment.stdout.listenerCount(event))
  const before = listeners()
  for (let line = 0; line < 20; line++) await output.write(`${line}\n`)
  t.strictSame(listeners(), before)
})

t.test('output that waits ends when the reader goes away', async t => {
  const stdout = new PassThrough({ highWaterMark: 10 })
  const output = openOutput({ ...fakeProcess().processEnvironment, stdout }, true)
  const writing = output.write('x'.repeat(100))
  stdout.destroy(Object.assign(new Error('gone'), { code: 'EPIPE' }))
  t.equal(await writing, false)
})

t.test('notes are single clean lines', async t => {
  const fake = fakeProcess()
  const output = openOutput(fake.processEnvironment, true)
  output.note('a\u001b[31m\nb')
  output.problem('c\rd')
  await new Promise(resolve => setImmediate(resolve))
  t.equal(fake.stderr(), 'a b\nddb-ingest: c d\n')
})

t.test('a bar needs a terminal that can redraw, and no build server', async t => {
  const terminal = Object.assign(new PassThrough(), { isTTY: true })
  t.ok(canRedraw(terminal, {}))
  t.notOk(canRedraw(terminal, { TERM: 'dumb' }))
  t.notOk(canRedraw(terminal, { CI: 'true' }))
  t.notOk(canRedraw(new PassThrough(), {}))
})
