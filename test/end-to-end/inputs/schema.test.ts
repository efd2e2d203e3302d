/* Loads unknown files: `schema` finds the columns, the printed commands run unchanged, and every row arrives. All commands are separate
   processes and use an embedded server. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import iconv from 'iconv-lite'
import t, { type Test } from 'tap'
import { deepTest } from '../../helpers/runs.js'
import { runServed } from '../../helpers/served-script.js'

const rowCount = 300

/** Rows with Chinese headers, some of which are valid names; a code column; European dates. */
function chineseRows(): Buffer {
  const lines = Array.from({ length: rowCount }, (_, i) => {
    const day = String((i % 28) + 1).padStart(2, '0')
    return `2020-01-${day} 09:30:00.${String(i).padStart(3, '0')},00000${i % 7},"平安,${i % 3}号",${i / 8},${day}/01/2020`
  })
  return iconv.encode(['时间,代码,名称,成交 价,交易日', ...lines, ''].join('\r\n'), 'gb18030')
}

async function onServer(t: Test, files: Record<string, Buffer>, script: string) {
  const folder = t.testdir({})
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return runServed(folder, script)
}

t.test('the command printed by schema loads a Chinese file into a DFS table', async t => {
  const script = `
next=$(ddb-ingest schema a.csv --encoding gb18030 --table dfs://cn/t 2>&1 >/dev/null | sed -n 's/^next: //p')
echo "$next" > out
eval "$next --json" | tee result.json | grep -o '"rows":{"read":[^}]*}' >> out
ddb-ingest exec --output csv -e 'select count(*), min(代码), max(成交_价), min(交易日), max(交易日), max(时间) from loadTable("dfs://cn","t")' | tail -1 >> out
ddb-ingest exec --output csv -e 'exec typeString from schema(loadTable("dfs://cn","t")).colDefs' | tr '\\n' ' ' >> out
`
  const { code, lines, stderr } = await onServer(t, { 'a.csv': chineseRows() }, script)
  t.equal(code, 0, stderr)
  t.strictSame(lines, [
    "ddb-ingest load a.csv --table dfs://cn/t --create dfs --encoding gb18030 --map '成交_价=成交 价' --date-format '交易日=dd/MM/yyyy'",
    `"rows":{"read":${rowCount},"confirmed":${rowCount},"filtered":0,"unconfirmed":0,"rejected":0,"skipped":0,"unsent":0}`,
    `${rowCount},000000,37.375,2020.01.01,2020.01.28,2020.01.28T09:30:00.279`,
    'TIMESTAMP SYMBOL SYMBOL DOUBLE DATE',
  ])
})

deepTest(t, 'check finds the options for an existing table, and prints the load', async t => {
  const script = `
ddb-ingest exec -e 'share(streamTable(1:0, ["代码", "成交时间", "成交量", "买入"], [SYMBOL,TIME,LONG,BOOL]), "there")'
next=$(ddb-ingest check a.csv --table there --encoding gb18030 --trim 2>&1 >told | sed -n 's/^next: //p')
echo "$next" > out
sed -n '/^texts that do not fit/,$p' told >> out
eval "$next --json" | grep -o '"rows":{"read":2,"confirmed":2' >> out
ddb-ingest exec --output csv -e 'select * from there' | tail -n +2 >> out
`
  const text = '代码,成交时间,成交量,买入\n000001,93000000,"12,300",是\n600000,150000500,NA,否\n'
  const files = { 'a.csv': iconv.encode(text, 'gb18030') }
  const { code, lines, stderr } = await onServer(t, files, script)
  t.equal(code, 0, stderr)
  t.strictSame(lines, [
    "ddb-ingest load a.csv --table there --encoding gb18030 --trim --null NA --date-format '成交时间=HHmmssSSS' --thousands , --booleans '是/否'",
    'texts that do not fit their columns, and the options that read them:',
    '  成交时间: 2 of 2 texts are not TIME; the first is "93000000", a.csv line 2: --date-format 成交时间=HHmmssSSS reads them',
    '  成交量: 1 of 1 texts are not LONG; the first is "12,300", a.csv line 2: --thousands "," reads them',
    '  成交量: "NA" in 1 of 2 rows is null with --null NA',
    '  买入: 2 of 2 texts are not BOOL; the first is "是", a.csv line 2: --booleans 是/否 reads them',
    '"rows":{"read":2,"confirmed":2',
    '000001,09:30:00.000,12300,true',
    '600000,15:00:00.500,,false',
  ])
})

deepTest(t, 'the printed script makes a keyed stream table, then the load runs', async t => {
  const script = `
ddb-ingest schema a.ndjson --table k --key id 2>&1 >/dev/null | sed -n 's/^next: //p' > next.sh
. ./next.sh
ddb-ingest exec --output csv -e 'select id, a_b, late from k order by id' | tail -n +2 > out
`
  const records = '{"id":1,"a":{"b":2.5}}\n{"id":2,"a":null,"late":"x"}\n'
  const { code, lines, stderr } = await onServer(t, { 'a.ndjson': Buffer.from(records) }, script)
  t.equal(code, 0, stderr)
  t.strictSame(lines, ['1,2.5,', '2,,x'])
})

/** Text of an unusual file; an SQL expression for columns of the resulting table; the result of the expression. */
const oddFiles: readonly (readonly [text: string, sql: string, rows: string])[] = [
  // Only texts without names, and repeated names.
  ['1,x y\n2,"z, w"\n', 'col0, col1', '1,x y|2,"z, w"'],
  ['"al",\'x\',"3a"\n"bo",\'y\',"4a"\n', 'col0, col2', 'al,3a|bo,4a'],
  ['p,p,\n1,2,3\n4,5,6\n', 'p, p_2, col2', '1,2,3|4,5,6'],
  ['name,code\nx,00a\ny,00b\n', 'name, code', 'x,00a|y,00b'],
  // Headers that look like rows, and a first row that looks like a header.
  [
    'city_name,land\nBerlin,de\nParis,fr\nLyon,fr\n',
    'city_name, land',
    'Berlin,de|Paris,fr|Lyon,fr',
  ],
  ['Berlin,de\nParis,de\nLyon,fr\nRom,it\nKiel,de\n', 'count(*) as n, min(col0) as m', '5,Berlin'],
  ['town,2015_sales\nBerlin,378\nParis,12\n', 'town, c2015_sales', 'Berlin,378|Paris,12'],
  // Quotes that do not enclose a whole field.
  ['a\tb\nx\t5" tape\n"y\t6\n', 'a, b', 'x,"5"" tape"|"""y",6'],
  ['a,b\n"x, 1",5" tape\ny,6\n', 'a, b', '"x, 1","5"" tape"|y,6'],
  ['name,code\n"x, 1", "p, q"\ny, "r"\n', 'name, code', '"x, 1","p, q"|y,r'],
  // Records with a delimiter more than the header.
  ['a,b\n1,2,\n1,4,\n1,6,\n', 'a, b', '1,2|1,4|1,6'],
  // A broken record is a reject.
  [`a,b\n${'1,2\n'.repeat(12)}3\n4,5\n`, 'count(*) as n, max(a) as m', '13,4'],
]

deepTest(t, 'each file loads with the command printed for it', async t => {
  const files = Object.fromEntries(oddFiles.map(([text], i) => [`f${i}.csv`, Buffer.from(text)]))
  const script = oddFiles
    .map(
      ([, sql], i) => `
next=$(ddb-ingest schema f${i}.csv --table t${i} 2>&1 >/dev/null | sed -n 's/^next: //p')
eval "$next --quiet" || true
ddb-ingest exec --output csv -e 'select ${sql} from t${i}' | tail -n +2 | tr '\\n' '|' >> out
echo >> out
`,
    )
    .join('')
  const { lines, stderr } = await onServer(t, files, script)
  const expected = oddFiles.map(([, , rows]) => `${rows}|`)
  t.strictSame(lines, expected, stderr)
})
