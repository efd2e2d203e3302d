/* Data in the form in which exchanges distribute it (fixtures/market-days.js). The test loads the data only with a path pattern and the
   commands that the program prints. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { marketDays, marketRows } from '../../../fixtures/market-days.js'
import { deepTest } from '../../helpers/runs.js'
import { runServed } from '../../helpers/served-script.js'
import { zipOf } from '../../helpers/zip.js'

const files = marketDays()

/** Runs the printed commands: `schema`, then `check`, then the load command that the check prints. */
async function loadPrinted(t: Test, write: (folder: string) => string) {
  const folder = t.testdir({})
  const input = write(folder)
  const script = `
ddb-ingest schema ${input} --path 'level2/{day}/{symbol}.csv' 2> error || true
encoding=$(grep -o 'It may be [a-z0-9-]*' error | cut -d' ' -f4)
ddb-ingest schema ${input} --path 'level2/{day}/{symbol}.csv' --encoding $encoding --table dfs://l2/ticks 2> next > /dev/null
load=$(sed -n 's/^next: //p' next)
echo "$load" > out
eval "$(echo "$load" | sed 's/^ddb-ingest load/ddb-ingest check/')" > checked
eval "$(grep '^ddb-ingest load' checked) --json" | grep -o '"confirmed":[0-9]*' | head -1 >> out
ask() { ddb-ingest exec --output csv -e "$1" | tail -1 >> out; }
ask 'schema(loadTable("dfs://l2","ticks")).engineType'
ask 'select count(*), min(day), max(day), min(时间), max(成交量), min(symbol), max(委托号) from loadTable("dfs://l2","ticks")'
`
  const { code, lines, stderr } = await runServed(folder, script)
  t.equal(code, 0, stderr)
  return lines
}

const rows = `${marketRows},2024.01.02,2024.01.03,09:30:00.000,160000,000001,00000039`

deepTest(t, 'folders of days with a file per symbol', async t => {
  const lines = await loadPrinted(t, folder => {
    for (const [path, bytes] of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), bytes)
    }
    return 'level2'
  })
  t.equal(
    lines[0],
    "ddb-ingest load level2 --table dfs://l2/ticks --create dfs --path 'level2/{day}/{symbol}.csv' --encoding gb18030 --date-format '时间=HHmmssSSS' --thousands ,",
  )
  t.equal(lines[1], `"confirmed":${marketRows}`)
  t.strictSame(lines.slice(2), ['TSDB', rows])
})

deepTest(t, 'the same data in a zip archive', async t => {
  const lines = await loadPrinted(t, folder => {
    const members = [...files].map(([name, content]) => ({ name, content: Buffer.from(content) }))
    writeFileSync(join(folder, 'days.zip'), zipOf(members))
    return 'days.zip'
  })
  t.equal(lines[1], `"confirmed":${marketRows}`)
  t.equal(lines.at(-1), rows)
})
