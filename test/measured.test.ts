/*
  Published measurements. The tables and the picture must show the figures of bench/results.json, and hostile files must
  give the results in the table.
*/
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { hostileFiles, loadHostile, verdictOf } from '../bench/lib/hostile.js'
import {
  canDraw,
  drawPicture,
  pictureText,
  withTables,
  type Results,
} from '../bench/lib/published.js'
import { connect, load } from '../src/index.js'
import { startServer } from '../src/server/index.js'
import { root } from './helpers/checkout.js'

const textOf = (path: string): Promise<string> => readFile(new URL(path, root), 'utf8')

const results = JSON.parse(await textOf('bench/results.json')) as Results
const pages = await Promise.all(['docs/measuring.md', 'docs/scaling.md'].map(textOf))
const picture = await textOf('docs/bench.svg')

/** The same results with different figures. */
function changed(): Results {
  return { ...results, figures: results.figures.map(each => ({ ...each, ours: each.ours * 2 })) }
}

t.test('the tables of the pages match bench/results.json', async t => {
  for (const page of pages) {
    t.equal(withTables(page, results), page, 'run node bench/lib/publish.js again')
    t.not(withTables(page, changed()), page, 'the check can fail')
  }
})

t.test('the picture shows the figures of bench/results.json', async t => {
  t.ok(picture.includes(`<desc>${pictureText(results)}</desc>`))
  for (const speed of pictureText(results).matchAll(/ ([\d.]+)[,.](?= |$)/g)) {
    t.ok(picture.includes(`>${speed[1]}</text>`), speed[0])
  }
})

t.test('the picture is what echarts draws from them', { skip: !canDraw() }, async t => {
  t.equal(drawPicture(results), picture, 'run node bench/lib/publish.js again')
  t.equal(drawPicture(results), picture, 'also a second time')
})

t.test('hostile files give the results in the table', async t => {
  const path = join(t.testdir(), 'hostile.csv')
  const found: Record<string, string> = {}
  for (const file of hostileFiles) {
    await writeFile(path, file.bytes)
    found[file.name] = verdictOf(
      file,
      await loadHostile({ connect, load, startServer }, path, file),
    )
  }
  t.strictSame(found, results.correctness['ddb-ingest'])
})

t.test('a verdict distinguishes different rows from equal rows', async t => {
  const file = hostileFiles.find(({ name }) => name === 'ragged rows')!
  const { rows, fit } = file
  const others = rows.with(1, ['3', ''])
  t.equal(verdictOf(file, { rows, failed: false }), 'same')
  t.equal(verdictOf(file, { rows: fit, failed: false, setAside: 2 }), 'bad rows aside')
  t.equal(verdictOf(file, { rows: fit, failed: false }), '**other rows**')
  t.equal(verdictOf(file, { rows: others, failed: false, setAside: 1 }), '**other rows**')
  t.equal(verdictOf(file, { rows: rows.slice(0, 2), failed: true }), 'refused')
  t.equal(verdictOf(file, { rows: others, failed: true }), 'other rows, an error')
})
