/*
  The help in Chinese. A test compares it with the commands and their options.
*/
import type { HelpName } from './en-options.js'

/** Headings, commands and defaults, by their English texts. Names of options, values and DolphinDB's own words stay English. */
export const zhHelp: Readonly<Record<string, string>> = {
  Load: '导入',
  Server: '服务器',
  Tools: '工具',
  Target: '目标',
  Input: '输入',
  Mapping: '列的对应',
  Values: '值',
  'Bad rows': '错误的行',
  Delivery: '发送',
  Run: '运行',
  Output: '输出',
  'stream files or standard input into a table or function, and prove that every row landed':
    '把文件或标准输入导入表或函数，并证明每一行都已写入',
  'report column by column what a load would do, without writing':
    '逐列说明导入会做什么，不写入任何数据',
  'detect column types from every value of the files, and print a script that creates the table':
    '由文件的每个值判断各列的类型，并给出建表脚本',
  'resume a named run where it stopped': '从停止处继续有名称的运行',
  'list named runs with their states, and how to resume them':
    '列出有名称的运行：各自的进度，以及如何继续',
  'load a repaired rejects file with the options of its run':
    '用原来那次运行的选项导入修正后的拒绝文件',
  'print the completion script for bash, zsh or fish': '输出供 bash、zsh 或 fish 补全命令的脚本',
  'run a DolphinDB script and print its result': '运行 DolphinDB 脚本并打印结果',
  'run the embedded DolphinDB-compatible server, in the foreground or as long as a command runs':
    '内置的 DolphinDB 兼容服务器，在前台运行，或随一条命令运行',
  'tour of the three asynchronous ways to write, on the embedded server':
    '在内置服务器上演示三种异步写入方式',
  'compare the speed of asynchronous and synchronous writing: 50,000 requests of 100 rows':
    '比较异步与同步写入的速度：50,000 个请求，每个 100 行',
  'test with temporary tables whether a server behaves as this program expects':
    '用临时表在服务器上检验本程序所依赖的行为',
  'explain an error code or exit code, and what to do about it':
    '说明错误码或退出码的含义和处理方法',
  'print help': '显示帮助',
  'print help with all options': '显示包含所有选项的帮助',
  'print the version': '显示版本',
  'print the help of a command': '显示某个命令的帮助',
  "the run's own": '沿用该运行的',
  'those with a known extension': '扩展名已知的文件',
  'auto: byte order mark, else UTF-8': 'auto：按字节顺序标记，否则 UTF-8',
  'detected in the first 1 MiB': '由前 1 MiB 判断',
  'detected, usually "': '自动判断，通常为 "',
  'detected, usually the quote itself': '自动判断，通常为引号本身',
  "auto: compares it with the target's columns": 'auto：与目标表的列比较',
  'name if there is a header': '有表头时为 name',
  'as written; rows with a different offset are rejected': '按原文；偏移不同的行被拒绝',
  'quarantine with --rejects, else stop': '有 --rejects 时为 quarantine，否则 stop',
  'the program chooses, and says why': '自动选择，并说明理由',
  'async; sync if the server gives no receipts': 'async；服务器不提供回执时为 sync',
  '100,000; DFS tables 1,000,000; functions, --follow, --rate-limit 10,000':
    '100,000；DFS 表 1,000,000；函数、--follow、--rate-limit 10,000',
  '4Mi; DFS tables 32Mi': '4Mi；DFS 表 32Mi',
  all: '全部',
  'all of them': '全部',
  'a stream table named after the first file': '以第一个文件命名的流数据表',
  'a new file in the same folder': '同一文件夹中的新文件',
  'no limit': '不限',
  '100 on a terminal, else all': '终端上 100，否则全部',
  'Streams CSV and JSON into DolphinDB asynchronously, and proves that every row landed.':
    '把 CSV 和 JSON 异步导入 DolphinDB，并证明每一行都已写入。',
  'All options, examples and exit codes: ': '所有选项、示例和退出码：',
  'Example: ': '示例：',
  'Usage: ': '用法：',
  ':': '：',
}

export const zhOptionHelp: Readonly<Record<HelpName, string>> = {
  // Target
  table: '共享表，或 dfs://数据库/表',
  create: '表不存在时创建：stream 或 dfs',
  partition: "新 DFS 表的分区方案：'date,hash(symbol,10)'、value(…)、range(…)",
  method: '写入方式：insert、append 或 upsert',
  keyColumns: '唯一确定一行的列，用于 upsert',
  function: '要调用的函数视图；批次是最后一个参数',
  functionArg: '函数视图的参数，在批次之前；可重复',
  transform: "对每个批次执行的 DolphinDB 函数，'def(t){ … }' 或 @FILE：写入它的返回值",
  types:
    '发送给函数或转换函数的列，按此顺序，或 @TABLE（某表的列）；与 --create 一起时是新表各列的类型',
  confirmTable: '函数写入的表',
  // Input
  format: 'auto、csv、tsv、ndjson 或 json',
  filesFrom: '列出输入的文件；- 为标准输入',
  include: '文件夹中哪些文件是数据，例如 *.txt；可重复',
  path: '为路径的各部分命名，例如 {day}/{symbol}.csv；hive 读取 day=… 这样的文件夹',
  follow: '文件增长、轮换、新增时继续读取，直到收到信号',
  compression: 'auto、none、gzip、zstd 或 brotli',
  encoding: 'auto、utf-8、gb18030、gbk、big5、shift_jis、utf-16le、latin1 等',
  delimiter: '字段之间的分隔符；\\t 为制表符',
  quote: "字段两侧的引号；'' 表示没有",
  escape: '字段内引号前的转义符',
  comment: '以此开头的行不读取',
  header: '第一条记录是否为表头：auto、yes 或 no',
  ragged: '字段缺少或多余的记录：reject（拒绝）、pad（补齐）或 cut（截去）',
  trim: '去掉带引号字段两侧的空白',
  quotes: '未加引号的字段中的引号：strict 拒绝，lax 视为文本',
  maxRecordBytes: '更长的记录被拒绝',
  skipLines: '开始读取前跳过的行数',
  limit: '最多读取 n 条记录',
  jsonPath: 'JSON 文档中记录的位置，例如 data.items',
  arrayDelimiter: '数组列元素之间的分隔符',
  // Mapping
  match: '按名称或按位置对应列',
  map: '用此输入列填充目标列；可重复',
  set: '用此文本填充目标列；其中的 {NAME} 替换为列、--path 的一个部分、filename、dirname、path 或 line；可重复',
  ignoreExtra: '忽略目标表没有的输入列',
  allowMissing: '没有输入的目标列为空值',
  // Values
  null: '与空字段一样表示空值；可重复',
  dateFormat: 'DolphinDB 的格式符、epoch:s|ms|us|ns 或 excel；不写 COLUMN= 则用于所有列；可重复',
  timezone: '存入的时间所用的时区；none：按原文存入，即使一列中的偏移不同',
  thousands: '千位分隔符',
  decimalComma: '数字以逗号为小数点',
  percent: '此列含有 12.5% 这样的百分数；可重复',
  booleans: '表示真和假的文本，例如 Y/N；可重复',
  // Bad rows
  onError:
    '遇到错误的行：stop（停止）、skip（跳过）或 quarantine（另存）；null 将错误的单元格变为空值',
  maxErrors: '被拒绝的行超过此数时停止',
  rejects: '逐字节保存被拒绝的行，供修正后重新导入',
  // Delivery
  mode: 'async（不等待应答）或 sync（等待每个应答）',
  confirm: '如何确认行已写入：auto 或 none',
  confirmTimeout: '服务器在此时间内没有任何进展则放弃',
  batchRows: '每个请求的行数',
  batchBytes: '每个请求的字节数上限',
  flushInterval: '标准输入或 --follow 的数据最多等待此时间后发送',
  maxInFlight: '已发送但未确认的字节数上限',
  connections: '发送数据的会话数，1 到 64；多于 1 个时需要分区表或 --unordered',
  unordered: '行到达的顺序可以与读取的顺序不同',
  retries: '批次重新发送的次数；0 表示也不重新建立断开的连接',
  retryTimeout: '尝试重新建立断开连接的时间',
  onDoubt: '结果不明的批次：report（报告）或 resend（重新发送）',
  rateLimit: '发送的最高速率，例如 50MB/s 或 200krows/s',
  // Server
  host: '服务器，端口不是 8848 时写明端口；有多个时依次尝试',
  user: '登录的用户；密码来自 --password-file、DDB_PASSWORD，或当场询问',
  passwordFile: '密码为此文件的第一行；- 为标准输入',
  tls: '使用 TLS 并验证服务器的身份',
  caFile: '信任的证书颁发机构，代替系统的（PEM）',
  tlsInsecure: '接受任何证书：攻击者可能冒充服务器',
  certFile: '客户端证书及其私钥，供要求证书的服务器使用（PEM）',
  compress: '压缩传输的列：lz4、none；auto 在网络较慢时压缩',
  insecureLogin: '没有经过验证的 TLS 时，密码可以明文传输',
  require: 'scram：拒绝其他登录方式；tls：拒绝没有经过 TLS 验证的连接',
  allowRedirect: '集群可以转向的其他主机',
  // Run
  runId: '本次运行的名称；有名称则保存运行日志，并可从停止处继续',
  stateDir: '运行日志所在的文件夹',
  restart: '不论运行日志内容，重新开始运行',
  expectRows: '确认的行数不符时退出码为 5：1000，或 900..（至少 900）',
  dryRun: "不写入，只说明会怎样：同 'check'",
  metricsFile: '把本次运行的指标写到这里，供 Prometheus 使用',
  report: '把带图表的报告写到此 HTML 文件',
  // Output
  quiet: '成功时不打印任何内容',
  trace: '与服务器往来的每条消息写一行，不含值和密码',
  jsonTo: '在标准输出只打印一个 JSON 对象，或写入文件；写两次则两者都做',
  noColor: '不使用颜色',
  // Input
  sample: '每个输入最多查看 n 条记录',
  // Target
  newTable: '要创建的表名，或 dfs://数据库/表',
  key: '键值流表的主键列',
  newTypes: '指定这些列的类型，其余的自动判断',
  sortColumns: '新 TSDB 表的排序列',
  keepDuplicates:
    '新 TSDB 表保留排序列相同的哪些行：all（全部）、first（第一行）或 last（最后一行）',
  engine: '新 DFS 表的存储引擎：OLAP 或 TSDB',
  atomic: '新 DFS 数据库写入的原子性：trans 或 chunk',
  // Input
  sampleFirst: '查看前 n 条记录',
  // Output
  output: 'table、types、json 或 create（建表脚本）',
  createScript: '同 --output create',
  outputJson: '同 --output json',
  // Run
  clean: '删除运行日志：所列运行的，否则 30 天前已完成的',
  files: '某次运行中每个文件的结果',
  // Output
  json: '在标准输出只打印一个 JSON 对象',
  // Bad rows
  retryOnError: 'null：错误的单元格变为空值',
  // Run
  script: '运行此脚本，而不是文件',
  // Output
  resultOutput: 'table、csv 或 json',
  maxRows: '显示表的多少行；0 为全部',
  // Server
  listenHost: '监听的地址',
  listenPort: '监听的端口；0 表示任选空闲端口',
  init: '接受连接之前以 admin 运行的脚本',
  requireLogin: '拒绝未登录的会话的所有请求',
  tlsCert: '只接受 TLS，用此证书（PEM）',
  tlsKey: '--tls-cert 的私钥，无口令（PEM）',
  allowOrigin: '可以用 WebSocket 连接的网页',
  newValuePartitions: '没有 VALUE 分区的值：add（新增分区）、skip（跳过该行）或 fail（失败）',
  serverVersion: '模拟此版本，例如 1.30.22：拒绝之后才有的功能',
  setting: 'dolphindb.cfg 的设置，例如 maxPubConnections=0（可重复）',
  fault: '模拟故障，例如每 n 次写入出现一次 ChunkInRecovery',
  discard: '只计数不保存，供测量使用',
  // Run
  requests: '每种模式的请求数',
  timeLimit: '到此时间结束，报告当时已知的结果',
  secondUser: '另一个用户，供需要两个用户的检查使用',
  secondPasswordFile: '该用户的密码文件',
  // Output
  issueText: '写出可以贴到问题报告中的内容，不含主机、用户和密码',
}
