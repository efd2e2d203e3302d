/*
  Words that people use as names of columns.
*/

/** Last words of column names that are hardly ever the whole content of a cell, so they point to a header. */
const usualNames: ReadonlySet<string> = new Set([
  ...['id', 'key', 'name', 'label', 'title', 'type', 'category', 'status', 'value', 'description'],
  ...['comment', 'comments', 'note', 'notes', 'date', 'time', 'datetime', 'timestamp', 'symbol'],
  ...['ticker', 'code', 'price', 'volume', 'amount', 'quantity', 'country', 'city', 'address'],
  ...['email', 'url', 'phone', 'age', 'gender'],
  ...['代码', '名称', '日期', '时间', '类型', '编号'],
])
/** Like `usualNames`, but cells consist of these words more often. */
const likelyNames: ReadonlySet<string> = new Set([
  ...['state', 'region', 'group', 'number', 'count', 'year', 'month', 'day', 'text', 'source'],
  ...['author', 'parent', 'size', 'length', 'file', 'path', 'user', 'index', 'rank', 'score'],
  ...['rate', 'total', 'percent', 'product', 'company', 'population', 'latitude', 'longitude'],
])
const longestName = 40

const lastWord = (text: string): string => /[^\s_.-]*$/.exec(text)![0].toLowerCase()

/** True if the last word is a usual name: `name`, `last name`, `user_id`. */
export function isUsualName(text: string): boolean {
  return text.length <= longestName && usualNames.has(lastWord(text))
}

/** Names that programs give to columns without a name: `col1`, `Field 2`. */
const numberedName = /^(?:col|column|field|header|variable|var|字段|列)[ _]?\d{0,4}$/i
/** Chinese names that end in a usual word: `证券代码`, `成交金额(元)`. */
const chineseName =
  /^[\p{sc=Han}\w]{0,8}(?:代码|名称|简称|日期|时间|类型|类别|编号|序号|价|价格|数量|金额|比例|标志|地址|电话|性别|年龄|备注|状态|单位|姓名|城市|国家|地区|省份|公司|行业|板块)(?:[（(][^）)]{1,6}[）)])?$/u

/** Like `isUsualName`; also true for less certain words, for names that programs give, and for Chinese names. */
export function isLikelyName(text: string): boolean {
  if (text.length > longestName) return false
  return (
    isUsualName(text) ||
    likelyNames.has(lastWord(text)) ||
    numberedName.test(text) ||
    chineseName.test(text)
  )
}
