import { Console } from 'node:console'
import { Writable } from 'node:stream'
import fc from 'fast-check'
import t from 'tap'
import {
  bytesText,
  clean,
  clip,
  clockText,
  counted,
  didYouMean,
  displayWidth,
  durationText,
  grouped,
  rough,
  tableLine,
  tableLines,
  visible,
} from '../../../src/cli/output/terminal-text.js'

/** C0, DEL and C1. */
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

t.test('cleaned text holds no control character, whatever it was', async t => {
  fc.assert(fc.property(nastyText, text => ![...clean(text)].some(isControl)))
  fc.assert(fc.property(nastyText, text => clean(clean(text)) === clean(text)))
  t.equal(clean('a\u001b[31;1mred\u001b[0mb'), 'aredb', 'escape sequences go as a whole')
  t.equal(clean('\u001b]0;evil\u0007x'), 'x')
  t.equal(clean('one\r\ntwo\tthree'), 'one two three')
  t.equal(clean('photo\u202egnp.exe'), 'photognp.exe', 'text direction cannot be turned')
  t.equal(clean('价格 Ünïcode'), '价格 Ünïcode', 'other languages stay')
})

/** What a terminal would act on, or what reorders text there; line feeds and tabs are not. */
const acting =
  // eslint-disable-next-line no-control-regex -- they are what this is about
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/

t.test('data on a terminal show what it would act on, and JSON stays the same value', async t => {
  fc.assert(fc.property(nastyText, text => !acting.test(visible(text))))
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      const shown = JSON.parse(visible(JSON.stringify(value))) as unknown
      return JSON.stringify(shown) === JSON.stringify(value)
    }),
  )
  fc.assert(fc.property(nastyText, text => JSON.parse(visible(JSON.stringify(text))) === text))
  t.equal(visible('a\u001b[2Jb\u0007\r\n\tc'), 'a\\u001b[2Jb\\u0007\\u000d\n\tc')
  t.equal(visible('photo\u202egnp.exe\u2067\u061c'), 'photo\\u202egnp.exe\\u2067\\u061c')
  t.equal(visible('价格 👩\u200d👧 الف'), '价格 👩\u200d👧 الف', 'other languages stay')
})

t.test('clipped text is never wider than asked, and whole when it fits', async t => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 30 }), (raw, width) => {
      const text = clean(raw)
      const clipped = clip(text, width)
      return displayWidth(clipped) <= width && (displayWidth(text) > width || clipped === text)
    }),
  )
  t.equal(clip('abcdef', 4), 'abc…')
  t.equal(clip('价格价格', 5), '价格…')
})

/** Columns of a text as ICU has them: Node pads the cells of console.table to one width. */
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
  // A cell is as wide as the longest, in quotes, and two blanks more: what is not blank is the rest.
  return 44 - (cell.length - cell.trim().length) - 2
}

t.test('every character takes the columns that Unicode gives it', async t => {
  t.equal(columnsOfIcu('ab'), 2, 'the measure itself')
  t.equal(columnsOfIcu('价'), 2)
  for (const text of ['a', 'é', 'e\u0301', 'ä', '价格', '한글', 'ｱ', 'Ａ', '、', '\u3000']) {
    t.equal(displayWidth(text), columnsOfIcu(text), text)
  }
  for (const text of '✅⌚⚽⭐❌➕⬛☕😀🦊🀄⏰€→✔─') {
    t.equal(displayWidth(text), columnsOfIcu(text), text)
  }
  // Tangut, Khitan, old kana, extension B; a mark that stands by itself, and one that does not.
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
  t.equal(
    tableLine(['long', 'b'], [2, 3], () => true),
    'long    b',
    'wider text stays as it is',
  )
})

t.test('numbers read as people write them', async t => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0 }),
      number => grouped(number) === number.toLocaleString('en-US'),
    ),
  )
  t.equal(counted(1, 'row'), '1 row')
  t.equal(counted(1000, 'row'), '1,000 rows')
  t.equal(rough(999), '999')
  t.equal(rough(1234), '1.23k')
  t.equal(rough(45_600_000), '45.6M')
  t.equal(bytesText(53_100_000), '53.1 MB')
  t.equal(bytesText(12), '12 B')
  t.equal(durationText(350), '0.35 s')
  t.equal(durationText(12_340), '12.3 s')
  t.equal(durationText(125_000), '2 min 5 s')
  t.equal(durationText(3_725_000), '1 h 2 min')
  t.equal(clockText(7000), '0:07')
  t.equal(clockText(3_723_000), '1:02:03')
})

t.test('an unknown name brings the nearest ones', async t => {
  t.equal(didYouMean('tabel', ['table', 'types', 'host']), ' (did you mean table?)')
  t.equal(didYouMean('zzzzzz', ['table', 'host']), '')
})

t.test('bytes of names that are not UTF-8 are escaped', async t => {
  t.equal(clean('caf\udce9.csv'), 'caf\\xe9.csv')
  t.equal(clean('\u{1f4ff}\udc9b'), '\u{1f4ff}\\x9b', 'a pair of surrogates is a character')
})
