/* Inputs of the kinds that people report, each small: what the command line does with them, and the words that name the cause and the
   option. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { runMain } from '../../cli/run-cli.js'
import { startLoadServer } from '../../helpers/load-server.js'
import { cells } from '../../helpers/values.js'

interface Reported {
  readonly name: string
  /** By default `a.csv`. */
  readonly file?: string
  readonly text: string
  /** By default `load`. The file follows the first word, and the table, unless that is `schema`. */
  readonly command?: string
  /** Columns and types of the table. */
  readonly table?: string
  /** By default 0 for `schema`, else 65. */
  readonly code?: number
  readonly rows?: readonly string[]
  readonly says?: string | readonly string[]
}

const timed = '`t`v, [TIMESTAMP, INT]'
const coded = '`s`v, [SYMBOL, INT]'
const millis = 't,v\n1499040000000,1\n1499040060000,2\n'
const precise = 't,v\n2024-01-02T09:30:00.987654321,1\n'

const reported: readonly Reported[] = [
  ...['load', 'check', 'schema'].map(command => ({
    name: `digits that are a time, ${command}`,
    text: millis,
    command,
    table: timed,
    says: ['--date-format t=epoch:ms', '2017-07-03'],
  })),
  {
    name: 'numbers of JSON that are a time',
    file: 'a.ndjson',
    text: '{"t":1499040000000,"v":1}\n',
    table: timed,
    says: 'a string, or 2017-07-03 with --date-format t=epoch:ms',
  },
  {
    name: 'milliseconds, then microseconds',
    text: '1735603200000,1\n1735689600000000,2\n',
    command: 'load --header no --date-format t=epoch:ms --on-error skip',
    table: timed,
    code: 3,
    rows: ['2024.12.31T00:00:00.000,1'],
    says: ['line 2', 'epoch:us would be 2025-01-01'],
  },
  ...(
    [
      ['20240102093000', 'DATETIME', '(or --date-format t=yyyyMMddHHmmss)'],
      ['0931', 'MINUTE', '(or --date-format t=HHmm)'],
      ['202401', 'MONTH', '(or --date-format t=yyyyMM)'],
      ['1.7E9', 'TIMESTAMP', '(or 2023-11-14 with --date-format t=epoch:s)'],
      ['1735689600000001', 'TIMESTAMP', '(epoch:us would be 2025-01-01, with digits that'],
      ['2024-01-02T09:30:00,9876+08:00', 'TIMESTAMP', '"t=yyyy-MM-ddTHH:mm:ss,SSS*+08:00"'],
      ['20240102T093000.9876', 'TIMESTAMP', '"t=yyyyMMddTHHmmss.SSS*"'],
    ] as const
  ).map(([text, type, says]) => ({
    name: `${text} in a column ${type}`,
    text: `t;v\n${text};1\n`,
    table: `\`t\`v, [${type}, INT]`,
    says,
  })),
  {
    name: 'digits of a second after which an offset counts: no format reads it',
    text: 't,v\n2024-01-02T09:30:00.987654321Z,1\n',
    command: 'load --timezone Asia/Shanghai',
    table: timed,
    says: '(with 3 digits of a second, not 9), got',
  },
  {
    name: 'days of a spreadsheet are not seconds since 1970',
    text: 't,v\n45292.5,1\n45293,2\n',
    command: 'check',
    table: '`t`v, [DATETIME, INT]',
    says: 'a.csv line 2\na load stops',
  },
  {
    name: 'a nested count that is a time: the option names the column',
    file: 'a.json',
    text: '[{"p":{"time":1499040000000}}]',
    command: 'schema',
    says: '--date-format p_time=epoch:ms reads them',
  },
  {
    name: 'a nested count with its option, schema',
    file: 'a.json',
    text: '[{"p":{"time":1499040000000}}]',
    command: 'schema --date-format p_time=epoch:ms',
    says: 'p_time  TIMESTAMP',
  },
  {
    name: 'dates in another notation',
    text: 't,v\n2024/1/2 9:31,1\n',
    table: '`t`v, [DATETIME, INT]',
    says: '--date-format "t=yyyy/MM/dd HH:mm"',
  },
  {
    name: 'more digits of a second than the type keeps',
    text: precise,
    table: timed,
    says: [
      'with 3 digits of a second, not 9',
      '--date-format "t=yyyy-MM-ddTHH:mm:ss.SSS*"',
      '.987654321',
    ],
  },
  {
    name: 'a time with its date, in a column without dates',
    text: 't,v\n2024-01-02T09:30:00.987,1\n',
    table: '`t`v, [TIME, INT]',
    says: 'expected HH:MM:SS.mmm (or --date-format "t=yyyy-MM-ddTHH:mm:ss.SSS*")',
  },
  {
    name: 'digits that a format drops',
    text: precise,
    command: 'load --date-format t=yyyy-MM-ddTHH:mm:ss.SSS*',
    table: timed,
    code: 0,
    rows: ['2024.01.02T09:30:00.987,1'],
  },
  {
    name: 'a fraction that may be missing, and a second format',
    text: 't,v\n15.05.2021 03:11:17.123,1\n15.05.2021 03:11:18,2\n15/05/2021 03:11:19,3\n',
    command: 'load --date-format "t=dd.MM.yyyy HH:mm:ss[.SSS]|dd/MM/yyyy HH:mm:ss"',
    table: timed,
    code: 0,
    rows: ['2021.05.15T03:11:17.123,1', '2021.05.15T03:11:18.000,2', '2021.05.15T03:11:19.000,3'],
  },
  {
    name: 'counts with a power of ten',
    file: 'a.ndjson',
    text: '{"t":1703363853.035,"v":1}\n{"t":"1.7E9","v":2}\n{"t":1.703363853e9,"v":3}\n',
    command: 'load --date-format t=epoch:s',
    table: timed,
    code: 0,
    rows: ['2023.12.23T20:37:33.035,1', '2023.11.14T22:13:20.000,2', '2023.12.23T20:37:33.000,3'],
  },
  {
    name: 'the default password within a cell',
    text: 't,v\n2024-13-02 09:30:00.123456,1\n',
    table: timed,
    says: '09:30:00.123456"',
  },
  {
    name: 'the default password in the cells that a check shows',
    text: 's,v\nA,x123456y\n123456,7\n',
    command: 'check --on-error skip',
    code: 3,
    says: ['s      123456 ', 'the first is "x123456y"'],
  },
  { name: 'control characters', text: 's,v\nA,\u00002\n', says: 'got "\\u{0}2"' },
  { name: 'invisible characters', text: 's,v\nA,\u200b1\n', says: 'got "\\u{200B}1"' },
  {
    name: 'formulas of a spreadsheet',
    text: 's,v\n="000001",1\n"=""600519""",2\n="a"&"b",3\n',
    command: 'load --quotes excel',
    code: 0,
    rows: ['000001,1', '600519,2', '="a"&"b",3'],
  },
  ...['load', 'check', 'schema'].map(command => ({
    name: `formulas without an option, ${command}`,
    text: 's,v\n="000001",1\n',
    command,
    says: '--quotes excel',
  })),
  {
    name: 'blanks around fields',
    text: 's, v\nA , 1\n\tB,"2" \n',
    command: 'load --trim',
    code: 0,
    rows: ['A,1', 'B,2'],
  },
  {
    name: 'blanks around fields, schema',
    text: 's,v, b\n"A ",1, x\n"B ",2, y\n',
    command: 'schema',
    says: 'all of them\nb: texts begin or end with blanks, such as " x": --trim leaves them out',
  },
  {
    name: 'files joined with cat: byte order marks',
    text: '\ufeffs,v\nA,1\n\ufeffA,2\n\ufeff"B",3\n',
    code: 0,
    rows: ['A,1', 'A,2', 'B,3'],
    says: 'dropped 2 byte order marks at the start of records',
  },
  ...[
    ['a.ndjson', '{"s":"A","v":1}\n\ufeff{"s":"B","v":2}\n\x1a'],
    ['a.json', '[{"s":"A","v":1},\n\ufeff{"s":"B","v":2}]\x1a\n'],
  ].map(([file = '', text = '']) => ({
    name: `a byte order mark and the end mark of DOS, ${file}`,
    file,
    text,
    code: 0,
    rows: ['A,1', 'B,2'],
    says: 'dropped a byte order mark at the start of records',
  })),
  { name: 'the end mark of DOS', text: 's,v\r\nA,1\r\n\x1a\r\n', code: 0, rows: ['A,1'] },
  ...[coded, '`s`v, [SYMBOL, SYMBOL]'].map(table => ({
    name: `files joined with cat: a header again, ${table}`,
    text: 's,v\r\nA,1\r\n\ufeffs,v\r\nB,2\r\ns,v',
    command: 'load --on-error skip',
    table,
    code: 3,
    rows: ['A,1', 'B,2'],
    says: 'line 3: the record repeats the header',
  })),
  {
    name: 'short files joined with cat: a header again, schema',
    text: '\ufeff"day","v"\n2024-01-01,1\n\ufeff"day","v"\n2024-01-02,2\n',
    command: 'schema',
    says: ['day     DATE', '1 record cannot be read', 'repeats the header'],
  },
  {
    name: 'files joined with cat: quotes after byte order marks, check',
    text: '\ufeff"s","v"\n"A",1\n\ufeff"A",2\n\ufeff"s","v"\n',
    command: 'check --on-error skip',
    code: 3,
    says: 'to load exactly this way',
  },
  {
    name: 'files joined with cat: a header again, schema',
    text: `day,v\n${'2024-01-01,1\n'.repeat(30)}`.repeat(2),
    command: 'schema',
    says: ['day     DATE', 'the record repeats the header'],
  },
  ...(
    [
      ['{"s":"A","v":1},\n', 'the comma after an object'],
      ['{"s":"A","v":1}{"s":"B","v":2}\n', '--format json reads'],
      ["{'s': 'A', 'v': None}\n", 'at byte 2 of the line: print with json.dumps'],
    ] as const
  ).map(([text, says]) => ({ name: `no NDJSON: ${text}`, file: 'a.ndjson', text, says })),
  {
    name: 'objects with commas between them',
    file: 'a.json',
    text: '{"s":"A","v":1},\n{"s":"B","v":2}\n',
    rows: ['A,1'],
    says: 'the comma after an object',
  },
  {
    name: 'arrays that were joined',
    file: 'a.json',
    text: '[{"s":"A","v":1}][{"s":"B","v":2}]',
    rows: ['A,1'],
    says: "where another begins, as in files that were joined: jq -c '.[]'",
  },
  {
    name: 'members whose names differ in case only',
    file: 'a.ndjson',
    text: '{"V":1,"s":"x","v":2}\n{"v":3,"S":"y"}\n',
    command: 'load --on-error skip',
    code: 3,
    rows: ['y,3'],
    says: 'the record has member "v" twice',
  },
  ...['load', 'check'].map(command => ({
    name: `empty columns without a name, ${command}`,
    text: 's,,v,,\nA,,1,,\nB,,2,,\n',
    command,
    code: 0,
    ...(command === 'load' && { rows: ['A,1', 'B,2'] }),
  })),
  {
    name: 'empty columns without a name, schema',
    text: 's,,v,,\nA,,1,,\nB,,2,,\n',
    command: 'schema',
    says: ['v       INT         0          2  1\nlooked', '--create stream\n'],
  },
  ...['schema', 'load'].map(command => ({
    name: `a text in a column without a name, far below, ${command}`,
    text: `s,v,\n${'A,1,\n'.repeat(3000)}B,2,x\n`,
    command: command === 'load' ? 'load --on-error skip' : command,
    code: command === 'load' ? 3 : 0,
    says: ['line 3002', 'field 3 has no name in the header, but this record has "x" there'],
  })),
  { name: 'a text in a column without a name', text: ',s,v\n0,A,1\n', says: 'column "" of' },
  {
    name: 'rows as arrays, by position',
    file: 'a.json',
    text: '[[1499040000000,148976],[1499040060000,"5"],[1499040120000,6,7]]',
    command: 'load --match position --date-format t=epoch:ms --on-error skip',
    table: timed,
    code: 3,
    rows: ['2017.07.03T00:00:00.000,148976', '2017.07.03T00:01:00.000,5'],
    says: 'element 3 goes nowhere: map it',
  },
  {
    name: 'rows as arrays, with numbers of elements',
    file: 'a.ndjson',
    text: '[1,"A",9]\n[2,"B"]\n',
    command: 'load --match position --map v=1 --map s=2 --ignore-extra',
    code: 0,
    rows: ['A,1', 'B,2'],
  },
  {
    name: 'rows as arrays, by name',
    file: 'a.json',
    text: '{"code":0,"data":{"fields":["v","s"],"n":[1],"items":[[1,"A"],[ 2 , "B" ]]}}\n',
    command: 'load --json-path data.items',
    code: 0,
    rows: ['A,1', 'B,2'],
  },
  {
    name: 'rows as arrays, by name, in several documents',
    file: 'a.json',
    text: '{"columns":["v","s"],"rows":[[1,"A"]]}\n{"columns":["s","v"],"rows":[["B",2]]}\n',
    command: 'load --json-path rows',
    rows: ['A,1'],
    says: ['line 2', 'the names are not those of the document before'],
  },
  ...['[[1,2]]', '{"rows":[[1,"A"]],"columns":["v","s"]}'].map(text => ({
    name: `rows as arrays without names: ${text}`,
    file: 'a.json',
    text,
    command: text.startsWith('{') ? 'load --json-path rows' : 'load',
    rows: [],
    says: ['whose elements have no names: --match position', 'in a rejects file, write an object'],
  })),
  {
    name: 'objects by position',
    file: 'a.ndjson',
    text: '{"1":"A","2":1}\n',
    command: 'load --match position',
    says: 'a record is an array, not an object',
  },
  {
    name: 'rows as arrays, schema',
    file: 'a.json',
    text: '[[1499040000000,"0.0163"],[1499040060000,"0.0164"]]',
    command: 'schema',
    says: ['c2      DOUBLE', '--date-format c1=epoch:ms reads them', '--match position\n'],
  },
  {
    name: 'a count that is a time, without a header',
    text: '1499040000000,1\n1499040060000,2\n',
    command: 'schema',
    says: '--date-format col0=epoch:ms reads them (the first day is 2017-07-03)',
  },
  {
    name: 'rows as arrays with names, schema',
    file: 'a.json',
    text: '{"fields":["t","p"],"items":[[1,2.5],[2,3.5]]}',
    command: 'schema --json-path items',
    says: ['p       DOUBLE', '--json-path items\n'],
  },
  {
    name: 'rows inside of a document, schema',
    file: 'a.json',
    text: '{"fields":["t","p"],"items":[[1,2.5],[2,3.5]]}',
    command: 'schema',
    code: 65,
    says: '--json-path items',
  },
  {
    name: 'negative numbers in parentheses',
    text: 's,v\nA,"(1,234)"\nB,"1,000"\n',
    command: 'load --thousands ,',
    code: 0,
    rows: ['A,-1234', 'B,1000'],
  },
  {
    name: 'a web page',
    file: 'a.json',
    text: '<!DOCTYPE html>\n<html><body>429 Too Many Requests</body></html>\n',
    says: 'HTML',
  },
  {
    name: 'a pointer of Git LFS',
    text: 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n',
    says: 'git lfs pull',
  },
]

t.test('inputs of reported kinds', async t => {
  const { server, session, rows } = await startLoadServer(t, '')
  const to = ['--host', `127.0.0.1:${server.port}`, '--user', 'admin']
  for (const [i, one] of reported.entries()) {
    const { name, file = 'a.csv', command = 'load', table = coded } = one
    const dir = t.testdir({ [file]: one.text, 'password.txt': '123456' })
    const [verb, ...options] = command.match(/"[^"]*"|\S+/g)!.map(word => word.replaceAll('"', ''))
    const target = ['--table', `t${i}`, ...to, '--password-file', join(dir, 'password.txt')]
    const isSchema = verb === 'schema'
    await session.run(`share table(100:0, ${table}) as t${i}`)
    const argv = [verb!, join(dir, file), ...options, ...(isSchema ? [] : target)]
    const { code, stdout, stderr } = await runMain(argv)
    t.equal(code, one.code ?? (isSchema ? 0 : 65), name)
    for (const words of [one.says ?? []].flat()) t.match(stdout + stderr, words, name)
    if (one.rows) t.strictSame(await rows(`select * from t${i}`), cells(...one.rows), name)
  }
})

t.test('rejected arrays are repaired and retried, by name and by position', async t => {
  const { server, session, rows } = await startLoadServer(t, '')
  const dir = t.testdir({
    'a.json': '{"fields":["s","v"],"items":[["A",1],["B","x"]]}',
    'b.json': '[["A",1],["B","x"]]',
    'password.txt': '123456',
  })
  const to = ['--host', `127.0.0.1:${server.port}`, '--user', 'admin']
  to.push('--password-file', join(dir, 'password.txt'))
  const environment = { XDG_STATE_HOME: dir }
  for (const [table, kept, ...options] of [
    ['a', '{"s":"B","v":"x"}\n', '--json-path', 'items'],
    ['b', '["B","x"]\n', '--match', 'position'],
  ] as const) {
    await session.run(`share table(100:0, ${coded}) as ${table}`)
    const rejects = join(dir, `${table}.rejects`)
    const words = ['--table', table, ...options, '--on-error', 'quarantine', '--rejects', rejects]
    const first = await runMain(['load', join(dir, `${table}.json`), ...words, ...to], {
      environment,
    })
    t.equal(first.code, 3, first.stderr)
    t.equal(readFileSync(rejects, 'utf8'), kept)
    writeFileSync(rejects, kept.replace('"x"', '2'))
    const second = await runMain(['retry', rejects, ...to], { environment })
    t.equal(second.code, 0, second.stderr)
    t.strictSame(await rows(`select * from ${table}`), cells('A,1', 'B,2'))
  }
})
