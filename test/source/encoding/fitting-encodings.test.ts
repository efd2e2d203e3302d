/*
  In which encodings samples are text, as iconv-lite wrote them.
*/
import iconv from 'iconv-lite'
import t from 'tap'
import { fittingEncodings } from '../../../src/source/encoding/fitting-encodings.js'

const samples: [text: string, encoding: string][] = [
  ['代码,股票名称\n000001,平安银行\n', 'gb18030'],
  ['代碼,股票名稱\n2330,台積電\n', 'big5'],
  ['コード,株式名\n7203,トヨタ自動車\n', 'shift_jis'],
  ['コード,株式名\n7203,トヨタ自動車\n', 'euc-jp'],
  ['코드,종목명\n005930,삼성전자\n', 'euc-kr'],
  ['Größe,Straße\n1,Café\n', 'windows-1252'],
  ['Цена,Имя\n1,Газпром\n', 'windows-1251'],
  ['code,name\n1,股票\n', 'utf-16le'],
  ['code,name\n1,股票\n', 'utf-16be'],
]

t.test(
  'the encoding that a sample was written in is among them, with some of its words',
  async t => {
    for (const [text, encoding] of samples) {
      const fitting = fittingEncodings(iconv.encode(text, encoding), true)
      const right = fitting.find(found => found.encoding === encoding)
      t.ok(right !== undefined && right.example !== '' && text.includes(right.example), encoding)
    }
  },
)

t.test('a sample out of the middle is looked at line by line', async t => {
  for (const [text, encoding] of samples.slice(0, 7)) {
    const bytes = iconv.encode(text.repeat(3), encoding)
    for (const cut of [1, 2, 3]) {
      const found = fittingEncodings(bytes.subarray(cut, bytes.length - cut), false)
      t.ok(
        found.some(each => each.encoding === encoding),
        `${encoding} ${cut}`,
      )
    }
  }
})

t.test('bytes at fault are looked at, even in a line that is not whole', async t => {
  const ascii = Buffer.from('x,y\n'.repeat(400_000))
  for (const [text, encoding] of samples.slice(0, 7)) {
    const [words] = /[^\0-\x7f]+/.exec(text)!
    const bytes = iconv.encode(`1,${words},2`, encoding)
    for (const [before, behind] of [
      ['', ''],
      ['', ',y\nx,y\n'],
      ['x,y\nx', ''],
      [ascii, 'x\n'],
    ] as const) {
      const sample = Buffer.concat([Buffer.from(before), bytes, Buffer.from(behind)])
      const found = fittingEncodings(sample, false, before.length + 2)
      const right = found.find(each => each.encoding === encoding)
      t.equal(right?.example.slice(0, words.length), words, `${encoding} ${before.length}`)
      t.ok(
        found.every(({ example }) => example !== ''),
        'all of them have read it',
      )
    }
  }
})

t.test('what is no text fits nowhere', async t => {
  t.strictSame(fittingEncodings(Buffer.from('00ff0102030405', 'hex'), true), [])
  const one = fittingEncodings(Buffer.from('d6d0b9fa0aff0a', 'hex'), true)
  t.notOk(
    one.some(({ encoding }) => encoding === 'gb18030'),
    'one bad byte decides',
  )
})

t.test('a file with a few broken bytes is known where nothing else fits it', async t => {
  const line = '000001,平安银行\n'
  for (const encoding of ['gb18030', 'big5', 'shift_jis', 'euc-kr', 'euc-jp']) {
    const [text] = samples.find(([, name]) => name === encoding)!
    const whole = iconv.encode(text.repeat(40), encoding)
    const broken = Buffer.concat([whole, Buffer.from('1,\xff\xff\n', 'latin1'), whole])
    const found = fittingEncodings(broken, true).find(each => each.encoding === encoding)
    t.match(found, { brokenBytes: 2 }, encoding)
    t.ok(text.includes(found!.example))
  }
  const damaged = iconv.encode(line.repeat(3), 'gb18030')
  damaged[8] = 0xff
  t.notOk(fittingEncodings(damaged, true).some(({ encoding }) => encoding === 'gb18030'))
  const fits = fittingEncodings(iconv.encode(line.repeat(40), 'gb18030'), true)
  t.ok(fits.every(({ brokenBytes }) => brokenBytes === 0))
})
