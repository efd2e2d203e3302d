/*
  Texts for every type that can be read from text, in the most common spelling of files. Texts of different rows differ.
*/
const two = number => String(number).padStart(2, '0')
const date = i => `20${two(i % 30)}.${two(1 + (i % 12))}.${two(1 + (i % 28))}`
const time = i => `${two(i % 24)}:${two(i % 60)}:${two((i * 7) % 60)}`
const digits = (i, length) => String((i * 997) % 10 ** length).padStart(length, '0')
const hex = i =>
  [1, 3, 5, 7]
    .map(factor => Math.imul(i + factor, 0x9e3779b1) >>> 0)
    .map(hexWord)
    .join('')
const hexWord = word => word.toString(16).padStart(8, '0')
const uuid = i => hex(i).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')

/** Text of row `i`, by type. Some types have a kind of text in brackets. */
export const cellTexts = new Map([
  ['BOOL', i => (i % 2 === 0 ? 'true' : 'false')],
  ['CHAR', i => String(i % 127)],
  ['SHORT', i => String(i % 32_000)],
  ['INT', i => String((i * 7919) % 2_000_003)],
  ['LONG', i => String(i * 7919 + 1e12)],
  ['FLOAT', i => (i * 0.37).toFixed(2)],
  ['DOUBLE', i => (i * 0.37).toFixed(2)],
  ['DOUBLE [17 digits]', i => String(i * 0.1234567891234)],
  ['DOUBLE [exponent]', i => (i * 0.1234567891234).toExponential()],
  ['DATE', date],
  ['MONTH', i => `${date(i).slice(0, 7)}M`],
  ['TIME', i => `${time(i)}.${digits(i, 3)}`],
  ['MINUTE', i => `${time(i).slice(0, 5)}m`],
  ['SECOND', time],
  ['DATETIME', i => `${date(i)}T${time(i)}`],
  ['TIMESTAMP', i => `${date(i)}T${time(i)}.${digits(i, 3)}`],
  ['TIMESTAMP [offset]', i => `${date(i)}T${time(i)}.${digits(i, 3)}Z`],
  ['NANOTIME', i => `${time(i)}.${digits(i, 9)}`],
  ['NANOTIMESTAMP', i => `${date(i)}T${time(i)}.${digits(i, 9)}`],
  ['DATEHOUR', i => `${date(i)}T${two(i % 24)}`],
  ['SYMBOL', i => `SYM${i % 1000}`],
  ['STRING', i => `text ${i}`],
  ['BLOB', i => `text ${i}`],
  ['UUID', uuid],
  ['INT128', hex],
  ['IPADDR', i => `10.${i % 250}.${(i >> 8) & 255}.${i & 255}`],
  ['IPADDR [IPv6]', i => `2001:db8::${(i & 65_535).toString(16)}:${(i >> 8).toString(16)}`],
  ['COMPLEX', i => `${i / 8}+${i % 100}.5i`],
  ['POINT', i => `"(${i / 8}, ${i % 100}.5)"`],
  ['DURATION', i => `${i % 1000}ms`],
  ['DECIMAL32(2)', i => (i * 0.37).toFixed(2)],
  ['DECIMAL64(4)', i => (i * 12.3756).toFixed(4)],
  ['DECIMAL64(4) [exponent]', i => `${i}e-2`],
  ['DECIMAL128(10)', i => (i * 12.3756).toFixed(10)],
  ['INT[]', i => `"${i % 1000},${i % 77}"`],
  ['DOUBLE[]', i => `"${(i * 0.37).toFixed(2)}"`],
])
