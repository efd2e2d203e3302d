/*
  Files that CSV readers read differently, the rows of these files, and verdicts on a program's rows.
*/
const huge = `${'x'.repeat(3 << 20)}\n`
const largest = '9223372036854775807|1.7976931348623157e+308'
const smallest = '9007199254740993|5e-324'

/** Lines and rows after the header `a,b`; | separates cells. `bad` rows break a rule, so a program may quarantine them. */
const files = [
  {
    name: 'quotes in unquoted fields',
    text: '1,2\nx"y,z\n5" pipe,2\n',
    rows: ['1|2', 'x"y|z', '5" pipe|2'],
    bad: [1, 2],
  },
  { name: 'quoted line ends', text: '"x\ny",1\n"\r\n",2\n', rows: ['x\ny|1', '\r\n|2'] },
  { name: 'CRLF', text: '\r\n1,"x\r\ny"\r\n3,4\r\n', rows: ['1|x\r\ny', '3|4'] },
  { name: 'byte order mark', mark: '\ufeff', text: '1,2\n', rows: ['1|2'] },
  {
    name: 'ragged rows',
    text: '1,2\n3\n4,5,6\n7,8\n',
    rows: ['1|2', '3', '4|5|6', '7|8'],
    bad: [1, 2],
  },
  { name: 'empty last line', text: '1,2\n\n', rows: ['1|2'] },
  { name: 'no line end at the end', text: '1,2\n3,', rows: ['1|2', '3|'] },
  { name: 'doubled quotes', text: '"a ""b"" c",""""\n"",1\n', rows: ['a "b" c|"', '|1'] },
  {
    name: 'text after a closing quote',
    text: '1,2\n"x"y,3\n4,5\n',
    rows: ['1|2', '"x"y|3', '4|5'],
    bad: [1],
  },
  {
    name: 'quote that never closes',
    text: '1,2\n"x,3\n4,5\n',
    rows: ['1|2', '"x|3', '4|5'],
    bad: [1, 2],
  },
  { name: 'NUL', text: '1,2\nx\0y,3\n4,5\n', rows: ['1|2', 'x\0y|3', '4|5'], bad: [1] },
  {
    name: 'invalid UTF-8',
    text: '1,2\nx\xffy,3\n4,5\n',
    rows: ['1|2', 'x\xffy|3', '4|5'],
    bad: [1],
    encoding: 'latin1',
  },
  { name: 'field of 3 MiB', text: `1,"${huge}"\n3,4\n`, rows: [`1|${huge}`, '3|4'] },
  {
    name: 'numbers at the ends of their ranges',
    types: ['LONG', 'DOUBLE'],
    text: `${largest}\n${smallest}\n`.replaceAll('|', ','),
    rows: [largest, smallest],
  },
  {
    name: 'numbers past the ends',
    types: ['LONG', 'DOUBLE'],
    text: '1,2\n9223372036854775808,3\n4,1e999\n5,6\n',
    rows: ['1|2', '9223372036854775808|3', '4|1e999', '5|6'],
    bad: [1, 2],
  },
]

/**
 * Each file with its `bytes`, the `types` of its columns `a` and `b`, its `rows`, and `fit`, the rows without bad ones.
 * @type {{ name: string, bytes: Buffer, types: [string, string], rows: string[][], fit: string[][] }[]}
 */
export const hostileFiles = files.map(
  ({ name, text, rows, mark = '', bad = [], types = ['STRING', 'STRING'], encoding }) => {
    const header = text.startsWith('\r\n') ? 'a,b' : 'a,b\n'
    const cells = rows.map(row => row.split('|'))
    const bytes = Buffer.from(`${mark}${header}${text}`, encoding)
    return { name, bytes, types, rows: cells, fit: cells.filter((_, row) => !bad.includes(row)) }
  },
)

const isSame = (found, expected) => JSON.stringify(found) === JSON.stringify(expected)

/**
 * A few words on how a program's rows compare with the file's rows.
 * @param found  the program's rows, whether it ended with an error, and how many rows it quarantined
 */
export function verdictOf({ rows, fit }, { rows: found, failed, setAside = 0 }) {
  if (isSame(found, rows)) return 'same'
  if (setAside > 0 && isSame(found, fit)) return 'bad rows aside'
  if (!failed) return '**other rows**'
  return isSame(found, rows.slice(0, found.length)) ? 'refused' : 'other rows, an error'
}

/** Rows of a table with two columns, as text. */
const rowsOf = ({ columns: [a, b], rows }) =>
  Array.from({ length: rows }, (_, row) => [String(a.data[row]), String(b.data[row])])

/**
 * Loads a file into an embedded server, with quarantine of bad rows. Returns the table's rows.
 * @param ends  `connect`, `load` and `startServer` of the library
 */
export async function loadHostile({ connect, load, startServer }, path, { types: [a, b] }) {
  const { host, port, close } = await startServer({ port: 0 })
  const server = { host, port, user: 'admin', password: '123456' }
  try {
    const session = await connect({ ...server, typed: true })
    await session.run(`share table(100:0, \`a\`b, [${a},${b}]) as hostile`)
    const rejects = { onError: 'skip', maxErrors: 100 }
    const result = await load({ inputs: [path], server, target: { table: 'hostile' }, rejects })
    const rows = rowsOf(await session.run('select * from hostile'))
    await session.close()
    return { rows, failed: result.error !== null, setAside: result.rows.rejected }
  } finally {
    await close()
  }
}
