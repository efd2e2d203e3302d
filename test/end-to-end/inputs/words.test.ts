/* The command line always names its own flags, never the fields of the library: on the screen, in JSON, and in the files that it writes,
   whatever goes wrong. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadOptions } from '../../../src/cli/options/options.js'
import type { OptionDefinition } from '../../../src/cli/options/definition.js'
import { startLoadServer, tradesHeader, tradesScript } from '../../helpers/load-server.js'
import { runMain } from '../../cli/run-cli.js'

const fields = Object.values<OptionDefinition>(loadOptions).flatMap(({ field }) => field ?? [])
/** Only field names with a dot, because plain names such as `runId` are also members of the JSON object. */
const telling = fields.filter(field => field.includes('.'))

const row = '2020.01.02T09:30:00.000,A,1,1\n'
const files = {
  'extra.ndjson':
    '{"time":"2020.01.02T09:30:00.000","sym":"A","price":1,"id":1,"more":2}\n{"sym":"A"}\n',
  'extra.csv': `time,sym,price,id,more\n${row.trim()},2\n`,
  'lacks.csv': 'time,sym,price\n2020.01.02T09:30:00.000,A,1\n',
  'cells.csv': `${tradesHeader}${row}02/01/2020,A,1,1\n2020.01.02T09:30:00.000,A,"1.234,5",1\n`,
  'ragged.csv': `${tradesHeader}${row}${row.trim()},2\na"b,A,1,1\n`,
  'document.json': '[{"sym":"A"}]',
  'gbk.csv': Buffer.from(`${tradesHeader}2020.01.02T09:30:00.000,\xb9\xc9\xc6\xb1,1,1\n`, 'latin1'),
  'a.csv': `${tradesHeader}${row}`,
  folder: { 'a.txt': 'x' },
  'long.csv': `${tradesHeader}2020.01.02T09:30:00.000,${'A'.repeat(300)},1,1\n`,
}

/** Arguments after `load` that cause an error or a notice. */
const loads = `extra.ndjson; extra.ndjson --on-error stop; extra.csv; lacks.csv; cells.csv
cells.csv --max-errors 0; ragged.csv; ragged.csv --quotes lax --header no
document.json --json-path a.b; document.json --follow; a.csv --json-path a; gbk.csv
a.csv --encoding klingon; a.csv --match name --header no; a.csv --map tiem=x; a.csv --set id=x
a.csv --set id=1 --map id=id; a.csv --date-format sym=yyyy; a.csv --expect-rows 5
a.csv --method upsert; a.csv --key-columns id; a.csv --types a:INT; a.csv --create dfs
a.csv --restart; a.csv --connections 2; a.csv folder; folder; a.csv --include *.txt
a.csv --follow --limit 1; nowhere.csv`.split(/; |\n/)

t.test('no message names a field of the library', async t => {
  const { server } = await startLoadServer(t, tradesScript)
  const dir = t.testdir({ ...files, 'password.txt': '123456' })
  t.ok(telling.length > 40)
  for (const [i, argv] of loads.entries()) {
    for (const command of ['load', 'check']) {
      const rejects = join(dir, `r${i}${command}`)
      const summary = join(dir, `s${i}${command}`)
      const outcome = await runMain([
        command,
        ...argv
          .split(' ')
          .map(word => (word in files || word === 'nowhere.csv' ? join(dir, word) : word)),
        ...(argv.includes('--on-error') ? [] : ['--rejects', rejects]),
        ...(argv.includes('--table') ? [] : ['--table', 'trades']),
        ...['--json', `--json=${summary}`, '--host', `127.0.0.1:${server.port}`],
        ...['--user', 'admin', '--password-file', join(dir, 'password.txt')],
      ])
      const written = [summary, `${rejects}.reasons.ndjson`].map(path =>
        existsSync(path) ? readFileSync(path, 'utf8') : '',
      )
      // The first reason contains the options of the run.
      const reasons = written[1]!.replace(/,"run":\{.*\}\}/, '}')
      // `frozen` has settings for a later load through the library, so it names fields.
      const data = (json: string): string => json.replace(/"frozen":\[.*\],"commands"/, '')
      const said = [data(outcome.stdout), outcome.stderr, data(written[0]!), reasons].join('\n')
      const found = telling.filter(field => said.includes(field))
      t.strictSame(found, [], `${command} ${argv}`)
      t.notMatch(said, /(--[a-z-]+): \1/, `${command} ${argv}`)
      t.notMatch(said, /\b1 (?:rows|records|batches|files|inputs) /, `${command} ${argv}`)
      t.notMatch(said, /timeoutMs/)
    }
  }
})
