/*
  Publishes the last run of `npm run bench`: writes bench/results.json, the table in docs/measuring.md, and
  docs/bench.svg. A complete run publishes itself. After a run with `--scale`, or to draw the same figures again:
    node bench/lib/publish.js          from bench/results/all.json
    node bench/lib/publish.js again    from bench/results.json
*/
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { drawPicture, withTable } from './published.js'

const pathOf = name => fileURLToPath(new URL(`../../${name}`, import.meta.url))

/** @param again  true to use the figures that were published last */
export function publish(again = false) {
  const results = pathOf('bench/results.json')
  if (!again) copyFileSync(pathOf('bench/results/all.json'), results)
  const published = JSON.parse(readFileSync(results, 'utf8'))
  const page = pathOf('docs/measuring.md')
  writeFileSync(page, withTable(readFileSync(page, 'utf8'), published))
  writeFileSync(pathOf('docs/bench.svg'), drawPicture(published))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) publish(process.argv[2] === 'again')
