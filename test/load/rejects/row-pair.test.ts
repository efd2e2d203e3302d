import assert from 'node:assert/strict'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { newRowFile } from '../../../src/load/rejects/row-file.js'
import { failureOf, newRowPair, type RowPair } from '../../../src/load/rejects/row-pair.js'
import { filesOn, type Disk } from '../../helpers/failing-files.js'
import { runs } from '../../helpers/runs.js'

interface Opened {
  readonly pair: RowPair
  /** Puts a row into both queues; the second queue gets twice as many bytes. A row that does not fit is lost. */
  add(length: number): void
  close(): void
  /** Lengths of the rows in both files. */
  lengths(): number[][]
}

function open(folder: string, disk: Disk): Opened {
  const paths = ['first', 'second'].map(name => join(folder, name))
  for (const path of paths) rmSync(path, { force: true })
  const platformFiles = filesOn(disk)
  const [first, second] = paths.map(path => newRowFile(path, platformFiles.create(path)))
  const pair = newRowPair(first!, second!, 0)
  return {
    pair,
    add(length) {
      if (pair.hasFailed) {
        pair.lose()
        return
      }
      const line = Buffer.from(`${'x'.repeat(length - 1)}\n`)
      pair.queued(
        first!.queue.add(line) + second!.queue.add(Buffer.from(`${'y'.repeat(2 * length - 1)}\n`)),
      )
    },
    close() {
      for (const file of [first!, second!]) failureOf(() => file.close())
    },
    lengths: () =>
      paths.map((path, index) => {
        const text = readFileSync(path, 'latin1')
        assert.ok(text === '' || text.endsWith('\n'))
        return text
          .split('\n')
          .slice(0, -1)
          .map(line => (line.length + 1) / (index + 1))
      }),
  }
}

t.test(
  'on any disk, both files have the same rows, and every row is placed or counted as unplaced',
  async t => {
    const folder = t.testdir()
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 1, max: 30_000 }) },
      { weight: 1, arbitrary: fc.constant('flush' as const) },
    )
    const disk = fc.record({
      capacityBytes: fc.option(fc.nat(2_000_000), { nil: undefined }),
      writeBytes: fc.option(fc.integer({ min: 1000, max: 50_000 }), { nil: undefined }),
      /** The kind of call that fails, and which call of this kind. */
      failing: fc.option(fc.tuple(fc.constantFrom('write', 'sync'), fc.nat(10)), {
        nil: undefined,
      }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), disk, (steps, { failing, ...limits }) => {
        let calls = 0
        const fails: Disk['fails'] = call => call === failing?.[0] && calls++ === failing[1]
        const { capacityBytes = Infinity, writeBytes = Infinity } = limits
        const opened = open(folder, { capacityBytes, writeBytes, fails })
        const { pair } = opened
        const added: number[] = []
        const attempt = (action: () => void): void => {
          const failed = failureOf(action) !== undefined
          if (failed) assert.ok(pair.hasFailed)
        }
        for (const each of steps) {
          if (each === 'flush') attempt(() => pair.flush())
          else {
            added.push(each)
            attempt(() => opened.add(each))
          }
        }
        attempt(() => pair.flush())
        opened.close()
        assert.equal(pair.rows + pair.unplaced, added.length)
        const expected = added.slice(0, pair.rows)
        assert.deepEqual(opened.lengths(), [expected, expected])
      }),
      { numRuns: runs(60) },
    )
    t.pass()
  },
)

t.test(
  'queued rows are written before they are many, and synced before they are very many',
  async t => {
    let syncs = 0
    const opened = open(t.testdir(), { fails: call => call === 'sync' && ++syncs < 0 })
    let written = 0
    for (let row = 1; written === 0; row++) {
      opened.add(1000)
      written = opened.lengths()[0]!.length
      t.ok(row < 200)
    }
    t.strictSame([opened.pair.rows, syncs], [0, 0])
    while (syncs === 0) opened.add(10_000)
    t.strictSame([opened.pair.rows, syncs], [opened.lengths()[0]!.length, 2])
    t.ok(opened.pair.rows > 100 && opened.pair.rows < 500, `${opened.pair.rows} rows`)
    opened.close()
  },
)

t.test('a failure is returned, not thrown', async t => {
  const failure = new Error('no')
  t.equal(
    failureOf(() => {
      throw failure
    }),
    failure,
  )
  t.equal(
    failureOf(() => undefined),
    undefined,
  )
})
