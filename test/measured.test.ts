/* Published measurements. The table and the picture must show the figures of bench/results.json. */
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { drawPicture, pictureText, withTable, type Results } from '../bench/lib/figures.js'
import { root } from './helpers/checkout.js'

const textOf = (path: string): Promise<string> => readFile(new URL(path, root), 'utf8')

const results = JSON.parse(await textOf('bench/results.json')) as Results
const page = await textOf('docs/speed.md')
const picture = await textOf('docs/bench.svg')

/** The same results with different figures. */
function changed(): Results {
  return { ...results, figures: results.figures.map(each => ({ ...each, ours: each.ours * 2 })) }
}

t.test('the table of the page matches bench/results.json', async t => {
  t.equal(withTable(page, results), page, 'run node bench/lib/figures.js again')
  t.not(withTable(page, changed()), page, 'the check can fail')
})

t.test('the picture shows the figures of bench/results.json', async t => {
  t.equal(drawPicture(results), picture, 'run node bench/lib/figures.js again')
  t.ok(picture.includes(`<desc>${pictureText(results)}</desc>`))
  for (const speed of pictureText(results).matchAll(/ ([\d.]+)[,.](?= |$)/g)) {
    t.ok(picture.includes(`>${speed[1]}</text>`), speed[0])
  }
})
