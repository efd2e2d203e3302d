/*
  The library's most common notices in Chinese. Notices arrive as finished English sentences, which patterns recognize.
  Other notices, and values that are sentences (such as a server's own words), stay English.
*/
import { fillIn } from './words.js'

/** English → Chinese. A test finds each English text in the sources. */
export const zhNotices: Readonly<Record<string, string>> = {
  'rejected: {file}, line {line}: {message}': '被拒绝：{file} 第 {line} 行：{message}',
  'already loaded': 'already loaded：此前已全部导入',
  'uncertain: {ranges}': '结果不明的行：{ranges}',
  '{file}: the first record is taken for a header, but the data does not confirm it: --header no loads it as a row':
    '{file}：第一条记录被当作表头，但后面的数据无法证实：--header no 把它作为一行导入',
  '{file}: there seems to be no header, so the first record is loaded as a row: --header yes leaves it out':
    '{file}：似乎没有表头，因此第一条记录作为一行导入：--header yes 把它当作表头',
  'there is no table "{table}": looking at the inputs for its columns':
    '没有表“{table}”：正在从输入确定它的列',
  'a load stops at the first row that it rejects: --rejects saves such rows, --on-error skip leaves them out':
    '导入遇到第一个被拒绝的行就会结束：--rejects 把这样的行另存，--on-error skip 跳过它们',
  'created "{table}": {columns}': '已创建“{table}”：{columns}',
  '"{table}" would be created: {columns}': '将会创建“{table}”：{columns}',
  '"{table}" exists: nothing is created': '“{table}”已存在：不创建',
  '"{table}" was created by somebody else in the meantime': '“{table}”在此期间已由别人创建',
  'adding columns: {script}': '正在添加列：{script}',
  'would add columns: {script}': '将会添加列：{script}',
  'rows go over one connection, because the target allows no more: {why}':
    '目标只接受一个连接，因此所有行经一个连接发送：{why}',
  'times of column "{column}" have time zone offsets, which are not applied: --timezone converts them':
    '列“{column}”的时间带有偏移，按原文保留：--timezone 可以换算',
  'no receipts on this server ({refusal}): rows are counted instead, which proves how many arrived, not which. {need}':
    '此服务器上无法使用回执（{refusal}）：改为统计行数，只能证明到达了多少行，不能证明是哪些行。{need}',
  'no receipts on this server ({refusal}): the server answers every batch instead, which proves as much and takes a round trip per batch. {need}':
    '此服务器上无法使用回执（{refusal}）：改为等待每个批次的应答，证明力相同，但每个批次需要一次往返。{need}',
  'the server has version {version}: {facts}': '服务器版本为 {version}：{facts}',
  'standard input and pipes cannot be read twice: this run keeps no journal':
    '标准输入和管道不能读两遍：本次运行不保存运行日志',
  '--tls-insecure: the server is not verified, so an attacker in between can read and change everything that is sent':
    '--tls-insecure：不检查服务器的身份，中间的任何人都可能读取和改动传输的一切',
  'other users of this machine can read {path}: fix it with chmod 600':
    '本机的其他用户可以读取 {path}：请执行 chmod 600',
  '{server}: the password is sent encrypted, but the server is not verified: --tls verifies it':
    '{server}：密码已加密发送，但服务器的身份未经验证：--tls 可以验证',
  'Nothing listens on {address} (connection refused). Check host and port, or start the embedded server with "{command}". Trying again.':
    '{address} 上没有程序在监听（连接被拒绝）。请检查主机和端口，或用 "{command}" 启动内置服务器。正在重试。',
  '{node} is lost: the run continues with {other}': '{node} 已断开：改用 {other} 继续运行',
}

/** How an input is read: `delimiter ";" (found), header (given), encoding gbk (found)`. */
const zhDetected: Readonly<Record<string, string>> = {
  'delimiter {text}': '分隔符 {text}',
  'quote {text}': '引号 {text}',
  'no quotes': '没有引号',
  'escape {text}': '转义符 {text}',
  header: '有表头',
  'no header': '没有表头',
  'decimal comma': '小数逗号',
  'trailing delimiter': '末尾的分隔符',
  'encoding {text}': '编码 {text}',
}

const zhHow: Readonly<Record<string, string>> = {
  found: '自动判断',
  given: '指定',
}

interface Pattern {
  readonly sign: RegExp
  readonly chinese: string
}

const patternOf = ([english, chinese]: readonly [string, string]): Pattern => ({
  // A notice must equal this text except for the values. `withFlags` has replaced the library's fields by flags.
  sign: new RegExp(
    `^${english.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{(\w+)\}/g, '(?<$1>.+?)')}$`,
    's',
  ),
  chinese,
})

const patterns = Object.entries(zhNotices).map(patternOf)
const detectedPatterns = Object.entries(zhDetected).map(patternOf)

/** The notice in Chinese; English if it has no translation. */
export function zhNotice(english: string): string {
  return translated(english, patterns) ?? detected(english) ?? english
}

function translated(english: string, known: readonly Pattern[]): string | undefined {
  for (const { sign, chinese } of known) {
    const found = sign.exec(english)
    if (found !== null) return fillIn(chinese, found.groups)
  }
  return undefined
}

/** Matches detected settings, with or without an input's name and a colon before them. */
const detectedSign = /^(?:(?<file>.+?): )?(?<parts>(?:[^()]+|".*") \((?:found|given)\)(?:, .*)?)$/s
const partSign =
  /(?:^|, )((?:delimiter|quote|escape|encoding) (?:"(?:[^"\\]|\\.)*"|[\w-]+)|[a-z ]+) \((\w+)\)/gy

function detected(english: string): string | undefined {
  const { file, parts = '' } = detectedSign.exec(english)?.groups ?? {}
  const said: string[] = []
  let end = 0
  for (const found of parts.matchAll(partSign)) {
    const what = translated(found[1]!, detectedPatterns)
    const how = zhHow[found[2]!]
    if (what === undefined || how === undefined) return undefined
    said.push(`${what}（${how}）`)
    end = found.index + found[0].length
  }
  if (said.length === 0 || end !== parts.length) return undefined
  return `${file === undefined ? '' : `${file}：`}${said.join('，')}`
}
