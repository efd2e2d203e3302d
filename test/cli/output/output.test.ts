import { Console } from 'node:console'
import { PassThrough, Writable } from 'node:stream'
import fc from 'fast-check'
import t from 'tap'
import {
  clean,
  clip,
  clockText,
  counted,
  displayWidth,
  durationText,
  grouped,
  openOutput,
  systemCode,
  tableLine,
  tableLines,
  visible,
} from '../../../src/cli/output/output.js'
import { failureOf, printFailure } from '../../../src/cli/output/failures.js'
import { bytesText, shortCount } from '../../../src/parse/cells/cell-bytes.js'
import {
  DdbError,
  InputError,
  nameOptionsByFlags,
  option,
  usageError,
} from '../../../src/errors.js'
import { fieldFlags } from '../../../src/cli/options/options.js'
import { fakeProcess } from '../run-cli.js'
import { forAll } from '../../helpers/runs.js'

/** A stream whose first write fails with `code`. */
function broken(code: string): Writable {
  return new Writable({
    write(_chunk, _encoding, done) {
      done(Object.assign(new Error(code), { code }))
    },
  })
}

t.test('if the reader leaves, the output ends quietly', async t => {
  const { processEnvironment } = fakeProcess()
  const output = openOutput({ ...processEnvironment, stdout: broken('EPIPE') }, true)
  await output.write('one')
  await new Promise(resolve => setImmediate(resolve))
  t.equal(await output.write('two'), false)
  const silent = openOutput({ ...processEnvironment, stderr: broken('EPIPE') }, true)
  t.doesNotThrow(() => silent.note('nobody hears this'))
  await new Promise(resolve => setImmediate(resolve))
})

t.test('notes that cannot be written do not end the run', async t => {
  const fake = fakeProcess()
  const output = openOutput({ ...fake.processEnvironment, stderr: broken('ENOSPC') }, true)
  output.note('nobody hears this')
  await new Promise(resolve => setImmediate(resolve))
  t.equal(await output.write('result'), true)
})

t.test('output waits for a slow reader', async t => {
  const stdout = new PassThrough({ highWaterMark: 10 })
  const output = openOutput({ ...fakeProcess().processEnvironment, stdout }, true)
  let written = false
  const writing = output.write('x'.repeat(100)).then(isOpen => (written = isOpen))
  await new Promise(resolve => setImmediate(resolve))
  t.notOk(written)
  stdout.resume()
  await writing
  t.ok(written)
})

t.test('frequent writing leaves no listeners on the stream', async t => {
  const { processEnvironment } = fakeProcess()
  const output = openOutput(processEnvironment, true)
  const listeners = (): number[] =>
    ['close', 'error', 'drain'].map(event => processEnvironment.stdout.listenerCount(event))
  const before = listeners()
  for (let line = 0; line < 20; line++) await output.write(`${line}\n`)
  t.strictSame(listeners(), before)
})

t.test('output that waits ends when the reader leaves', async t => {
  const stdout = new PassThrough({ highWaterMark: 10 })
  const output = openOutput({ ...fakeProcess().processEnvironment, stdout }, true)
  const writing = output.write('x'.repeat(100))
  stdout.destroy(Object.assign(new Error('gone'), { code: 'EPIPE' }))
  t.equal(await writing, false)
})

t.test('notes are single clean lines', async t => {
  const fake = fakeProcess()
  const output = openOutput(fake.processEnvironment, true)
  output.note('a\u001b[31m\nb')
  output.problem('c\rd')
  await new Promise(resolve => setImmediate(resolve))
  t.equal(fake.stderr(), 'a b\nddb-ingest: c d\n')
})

/** The printed text of a failure. */
async function said(error: unknown): Promise<string> {
  const fake = fakeProcess()
  printFailure(openOutput(fake.processEnvironment, true), error, {})
  await new Promise(resolve => setImmediate(resolve))
  return fake.stderr()
}

t.test('our errors have a code and an exit code, and name flags instead of fields', async t => {
  t.teardown(nameOptionsByFlags(fieldFlags))
  const fix = { options: { 'input.header': 'yes' } }
  t.strictSame(failureOf(usageError(`see ${option('rejects.file')}`, { fix })), {
    code: 'DDB_USAGE',
    message: 'see --rejects',
    exitCode: 64,
    fix: { options: { '--header': 'yes' } },
  })
})

t.test('for a defect the causes are printed, and circular ones end', async t => {
  const cause = new Error('the disk is full')
  const error = new DdbError('DDB_OUTPUT_WRITE', 'cannot write', { cause })
  t.notMatch(await said(error), /the disk is full/)
  const defect = new TypeError('not a function', { cause })
  t.match(await said(defect), /the disk is full/)
  cause.cause = defect
  const lines = (await said(defect)).split('\n')
  t.ok(lines.length < 40, `${lines.length} lines`)
})

t.test('system failures are named by their code, all other failures by their text', async t => {
  t.equal(systemCode(Object.assign(new Error('no such file'), { code: 'ENOENT' })), 'ENOENT')
  t.equal(systemCode(new Error('odd')), 'Error: odd')
  t.equal(systemCode('odd'), 'odd')
})

/** C0 control characters, DEL, and C1 control characters. */
const isControl = (character: string): boolean => {
  const code = character.codePointAt(0)!
  return code < 32 || (code > 126 && code < 160)
}

const anyText = fc.string({ unit: 'binary', maxLength: 40 })
const nastyText = fc
  .array(
    fc.oneof(
      anyText,
      fc.constantFrom('\u001b[31m', '\u001b]0;title\u0007', '\u009b2J', '\r', '\u202e', '\u001b'),
    ),
  )
  .map(parts => parts.join(''))

t.test('cleaned text never contains a control character', async t => {
  forAll(100)(nastyText, text => ![...clean(text)].some(isControl))
  forAll(100)(nastyText, text => clean(clean(text)) === clean(text))
  t.equal(clean('caf\udce9.csv'), 'caf\\xe9.csv', 'bytes that are not UTF-8')
  t.equal(clean('\u{1f4ff}\udc9b'), '\u{1f4ff}\\x9b', 'a surrogate pair is a character')
  t.equal(clean('a\u001b[31;1mred\u001b[0mb'), 'aredb', 'escape sequences are removed whole')
  t.equal(clean('\u001b]0;evil\u0007x'), 'x')
  // Without an end, one would take the words after it.
  t.equal(clean('"a\u001b]b" is missing'), '"a\\u{1B}]b" is missing')
  t.equal(clean('"\u009b", line 2'), '"\\u{9B}", line 2')
  t.equal(clean('one\r\ntwo\tthree'), 'one two three')
  t.equal(clean('photo\u202egnp.exe'), 'photo\\u{202E}gnp.exe', 'text direction cannot be reversed')
  t.equal(clean('价格 Ünïcode'), '价格 Ünïcode', 'other languages stay')
})

/** Characters that a terminal acts on or that reorder text, except line feeds and tabs. */
const acting =
  // eslint-disable-next-line no-control-regex -- a terminal acts on control characters
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/

t.test('on a terminal, data shows such characters escaped; JSON stays the same', async t => {
  forAll(100)(nastyText, text => !acting.test(visible(text)))
  forAll(100)(fc.jsonValue(), value => {
    const shown = JSON.parse(visible(JSON.stringify(value))) as unknown
    return JSON.stringify(shown) === JSON.stringify(value)
  })
  forAll(100)(nastyText, text => JSON.parse(visible(JSON.stringify(text))) === text)
  t.equal(visible('a\u001b[2Jb\u0007\r\n\tc'), 'a\\u001b[2Jb\\u0007\\u000d\n\tc')
  t.equal(visible('photo\u202egnp.exe\u2067\u061c'), 'photo\\u202egnp.exe\\u2067\\u061c')
  t.equal(visible('价格 👩\u200d👧 الف'), '价格 👩\u200d👧 الف', 'other languages stay')
})

t.test('clipped text is never wider than requested, and whole if it fits', async t => {
  forAll(100)(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 30 }), (raw, width) => {
    const text = clean(raw)
    const clipped = clip(text, width)
    return displayWidth(clipped) <= width && (displayWidth(text) > width || clipped === text)
  })
  t.equal(clip('abcdef', 4), 'abc…')
  t.equal(clip('价格价格', 5), '价格…')
})

/** The width of a text according to ICU. Uses console.table of Node, which pads all cells to one width. */
function columnsOfIcu(text: string): number {
  const chunks: string[] = []
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk.toString())
      done()
    },
  })
  new Console({ stdout }).table([{ w: text }, { w: 'x'.repeat(40) }])
  const cell = chunks.join('').split('\n')[3]!.split('│')[2]!
  // A cell is 44 columns wide: 40 for the longest text, two quotes, two blanks. Trimming removes the padding.
  return 44 - (cell.length - cell.trim().length) - 2
}

t.test('every character is as wide as Unicode says', async t => {
  t.equal(columnsOfIcu('ab'), 2, 'the measure itself')
  t.equal(columnsOfIcu('价'), 2)
  for (const text of ['a', 'é', 'e\u0301', 'ä', '价格', '한글', 'ｱ', 'Ａ', '、', '\u3000']) {
    t.equal(displayWidth(text), columnsOfIcu(text), text)
  }
  for (const text of '✅⌚⚽⭐❌➕⬛☕😀🦊🀄⏰€→✔─') {
    t.equal(displayWidth(text), columnsOfIcu(text), text)
  }
  // Tangut, Khitan, old kana, extension B; one combining mark alone and one after a character.
  for (const code of [0x17000, 0x18b00, 0x1b000, 0x20000, 0x939, 0x93e, 0xe34, 0x200b, 0x20d0]) {
    const text = `a${String.fromCodePoint(code)}`
    t.equal(displayWidth(text), columnsOfIcu(text), code.toString(16))
  }
})

t.test('columns of a table are as wide as their widest text', async t => {
  t.strictSame(
    tableLines(
      [
        ['name', 'n', ''],
        ['价格', '1,000', 'x'],
        ['✅', '', ''],
      ],
      column => column === 1,
    ),
    ['name      n', '价格  1,000  x', '✅'],
  )
  t.strictSame(tableLines([]), [])
  const wider = tableLine(['long', 'b'], [2, 3], () => true)
  t.equal(wider, 'long    b', 'wider text stays unchanged')
})

t.test('numbers are printed as people write them', async t => {
  forAll(100)(fc.integer({ min: 0 }), number => grouped(number) === number.toLocaleString('en-US'))
  t.strictSame([counted(1, 'row'), counted(1000, 'row')], ['1 row', '1,000 rows'])
  t.strictSame([999, 1234, 45_600_000].map(shortCount), ['999', '1.23k', '45.6M'])
  t.strictSame([53_100_000, 12].map(bytesText), ['53.1 MB', '12 B'])
  const durations = ['0.35 s', '12.3 s', '2 min 5 s', '1 h 2 min']
  t.strictSame([350, 12_340, 125_000, 3_725_000].map(durationText), durations)
  t.strictSame([7000, 3_723_000].map(clockText), ['0:07', '1:02:03'])
})

t.test('in GitHub Actions, an error is an annotation of the line of the input', t => {
  const fake = fakeProcess({ environment: { GITHUB_ACTIONS: 'true' } })
  const position = { file: 'data/a,b.csv', lineNumber: 7 }
  const output = openOutput(fake.processEnvironment, true)
  printFailure(output, new InputError('DDB_INPUT_CELL', '100% wrong\nreally', position), {})
  output.problem('no place')
  setImmediate(() => {
    const found = fake.stderr().match(/^::.*$/gm)
    t.strictSame(found, [
      '::error file=data/a%2Cb.csv,line=7::100%25 wrong really [DDB_INPUT_CELL]',
      '::error::no place',
    ])
    t.end()
  })
})

t.test(
  'a command with the password is not shown, because with a part redacted it would be another one',
  async t => {
    const { processEnvironment, stderr } = fakeProcess()
    const output = openOutput(processEnvironment, true)
    output.keepSecret('123456')
    output.command('next', 'ddb-ingest load trades-123456.csv')
    output.command('next', 'ddb-ingest load trades-1.csv')
    const shown =
      'next: a command with the password, not shown\nnext: ddb-ingest load trades-1.csv\n'
    t.equal(stderr(), shown)
  },
)

t.test('on a terminal, sentences end between words, and commands stay whole', async () => {
  const { processEnvironment } = fakeProcess()
  const command = `ddb-ingest load ${'a/'.repeat(40)}x.csv --table trades`
  const sentences = fc.array(
    fc.oneof(
      fc.constantFrom('a', 'row', '文件里的', '第（1）行，', '“x”', 'x'.repeat(90)),
      fc.string(),
    ),
    { maxLength: 40 },
  )
  forAll(100)(fc.integer({ min: 20, max: 100 }), sentences, (columns, words) => {
    const shown: string[] = []
    const write = (text: string): boolean => shown.push(text) > 0
    const stderr = { on: () => undefined, isTTY: true, columns, write }
    const streams = { stderr: stderr as unknown as Writable, stdout: new PassThrough() }
    const terminal = { ...processEnvironment, ...streams }
    const output = openOutput(terminal, true)
    const sentence = clean(words.join(' '))
    output.problem(sentence, 'DDB_USAGE')
    output.note(sentence)
    const bare = (text: string): string => text.replace(/\s/g, '')
    const lines = shown.join('').split('\n').slice(0, -1)
    const isSame = bare(lines.join('')) === bare(`ddb-ingest:${sentence}[DDB_USAGE]${sentence}`)
    // A line is too wide only if a single word is.
    const isWide = (line: string): boolean =>
      displayWidth(line) > columns && /\S /.test(line.trim())
    output.command('next', command)
    return isSame && !lines.some(isWide) && shown.at(-1) === `next: ${command}\n`
  })
})
