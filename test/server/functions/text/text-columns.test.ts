import t from 'tap'
import { literalText, typeOfTexts } from '../../../../src/server/functions/text/load-text.js'

const cases: [texts: string[], type: string][] = [
  [['1', '-2', ''], 'INT'],
  [['2147483647', '-2147483647'], 'INT'],
  [['2147483648'], 'LONG'],
  [['-2147483648'], 'LONG'],
  [['9223372036854775807', '1'], 'LONG'],
  [['9223372036854775808'], 'DOUBLE'],
  [['1', '1e5'], 'DOUBLE'],
  [['1', 'x'], 'SYMBOL'],
  [['', ''], 'SYMBOL'],
  [[], 'SYMBOL'],
  [['2024-01-02', '2024.1.2'], 'DATE'],
  [['2024.01.02', '5'], 'SYMBOL'],
  [['2024.01M'], 'MONTH'],
  [['09:30'], 'MINUTE'],
  [['09:30:00'], 'SECOND'],
  [['09:30:00.123'], 'TIME'],
  [['09:30:00.123456789'], 'NANOTIME'],
  [['2024.01.02T09:30:00'], 'DATETIME'],
  [['2024-01-02 09:30:00.123'], 'TIMESTAMP'],
  [['2024-01-02 09:30:00.123456789'], 'NANOTIMESTAMP'],
]

t.test('the narrowest type that takes every text', t => {
  for (const [texts, type] of cases) t.equal(typeOfTexts(texts), type, texts.join(' '))
  t.end()
})

t.test('dates as the server writes them; texts stay', t => {
  t.equal(literalText('DATE', '2024/1/2'), '2024.01.02')
  t.equal(literalText('TIMESTAMP', '2024-01-02 09:30:00.123'), '2024.01.02T09:30:00.123')
  t.equal(literalText('SYMBOL', '2024-01-02'), '2024-01-02')
  t.equal(literalText('INT', '5'), '5')
  t.end()
})
