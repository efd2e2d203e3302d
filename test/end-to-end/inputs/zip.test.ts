/* Zip archives from the shell to the table. Each member is an input with its own position in journals, rejects and columns. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import iconv from 'iconv-lite'
import t, { type Test } from 'tap'
import type { LoadResult } from '../../../src/load/options.js'
import { startCommands } from '../../helpers/commands.js'
import { deepTest } from '../../helpers/runs.js'
import { zipOf, type ZipMember } from '../../helpers/zip.js'
import { fileFlag, runMain } from '../../cli/run-cli.js'

const script = 'share streamTable(1:0, `day`sym`price, [DATE,SYMBOL,DOUBLE]) as q'

async function place(t: Test, members: readonly ZipMember[]) {
  const here = await startCommands(t, script)
  const zip = join(here.dir, 'a.zip')
  writeFileSync(zip, zipOf(members))
  return { ...here, zip }
}

const flags = ['-t', 'q', '--path', '{day}/{sym}.csv', '--date-format', 'day=yyyyMMdd']
const members: ZipMember[] = [
  { name: '20240102/A.csv', content: 'price\n1\n2\n' },
  { name: '20240103/B.csv', content: 'price\n3\n', method: 0 },
]
const stored = ['2024.01.02,A,1', '2024.01.02,A,2', '2024.01.03,B,3']

t.test('members fill columns from their paths, and a resumed run recognizes them', async t => {
  const { zip, run, lines } = await place(t, members)
  const common = [...flags, '--run-id', 'zip', '--json']
  const loaded = await run('load', zip, ...common)
  t.match(loaded, { code: 0 }, loaded.stderr)
  const result = JSON.parse(loaded.stdout) as LoadResult
  const paths = result.inputs.map(({ path }) => path)
  t.strictSame(paths, [`${zip}/20240102/A.csv`, `${zip}/20240103/B.csv`])
  t.strictSame(await lines('q'), stored)
  t.match(await run('resume', 'zip'), { code: 0, stdout: /Already loaded/ })
  writeFileSync(zip, zipOf([...members, { name: '20240104/C.csv', content: 'price\n4\n' }]))
  t.match(await run('load', zip, ...common), { code: 0, stderr: /new since the run began/ })
  t.strictSame(await lines('q'), [...stored, '2024.01.04,C,4'])
  writeFileSync(zip, zipOf([{ ...members[0]!, content: 'price\n7\n2\n' }, members[1]!]))
  t.match(await run('load', zip, ...common), { code: 64, stderr: /A.csv" has changed/ })
})

deepTest(t, 'check, schema and the created table treat members like files', async t => {
  const { zip, run } = await place(t, members)
  const checked = await run('check', zip, ...flags, '--include', '*.csv', '--json')
  t.equal(checked.code, 0, checked.stderr)
  const { commands, frozen } = JSON.parse(checked.stdout) as {
    commands: string[]
    frozen: { inputs: string[]; input: object }[]
  }
  t.match(commands[0], / --include '\*\.csv' /)
  t.strictSame(frozen[0]!.inputs, [`${zip}/20240102/A.csv`, `${zip}/20240103/B.csv`])
  t.notMatch(frozen[0]!.input, { include: ['*.csv'] }, 'its inputs are already members')
  const schema = await runMain(['schema', zip, '--path', '{day}/{sym}.csv', '--output', 'types'])
  t.match(schema.stdout, /,day:DATE,sym:SYMBOL\n/, schema.stderr)
  const made = await run('load', zip, ...flags.slice(2), '-t', 'made', '--create', 'stream')
  t.match(made, { code: 0, stderr: /created "made": price INT, day DATE, sym SYMBOL/ })
})

deepTest(t, 'GBK inside archives: rejects keep their position and can be loaded again', async t => {
  const text = iconv.encode('price,sym\n1,平安\nx,工行\n', 'gbk')
  const { zip, run, lines } = await place(t, [
    { name: iconv.encode('二/20240102.csv', 'gbk'), content: text },
  ])
  const rejects = `${zip}.rejects`
  const own = '-t q --path {day}.csv --date-format day=yyyyMMdd --encoding gbk'.split(' ')
  const loaded = await run('load', zip, ...own, '--rejects', rejects, '--include', '二/*')
  t.match(loaded, { code: 3, stderr: /a\.zip\/二\/20240102\.csv, line 3/ })
  writeFileSync(
    rejects,
    iconv.encode(iconv.decode(readFileSync(rejects), 'gbk').replace('x,', '2,'), 'gbk'),
  )
  const again = await run('retry', rejects)
  t.equal(again.code, 0, again.stderr)
  t.strictSame(await lines('q'), ['2024.01.02,工行,2', '2024.01.02,平安,1'])
})

deepTest(t, 'no output is written to an archive', async t => {
  const { zip, run, runWith, count } = await place(t, members)
  const bytes = readFileSync(zip)
  for (const flag of ['--rejects', '--json']) {
    const outcome = await run('load', zip, ...flags, ...fileFlag(flag, zip))
    t.match(outcome, { code: 64 }, outcome.stderr)
  }
  t.strictSame(readFileSync(zip), bytes)
  const refused = await runWith(bytes, 'load', '-', '-t', 'q')
  t.match(refused, { code: 65, stderr: /is a zip archive: its directory is at its end/ })
  t.equal(await count('q'), 0)
})

t.test('a damaged member ends the run and is named', async t => {
  const { zip, run } = await place(t, [members[0]!, { ...members[1]!, said: { checksum: 1 } }])
  const outcome = await run('load', zip, ...flags)
  t.match(outcome, {
    code: 66,
    stderr: /20240103\/B\.csv" is damaged \(its checksum does not match\)/,
  })
})
