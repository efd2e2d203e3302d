/*
  The help in Chinese, keyed by the English texts. A test compares the list with the commands and their options.
*/

/** Names of options, values and DolphinDB's own words stay English. */
export const zhHelp: Readonly<Record<string, string>> = {
  // Headings and commands
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
  // Target
  'shared table, or dfs://DATABASE/TABLE': '共享表，或 dfs://数据库/表',
  'create a missing table: stream or dfs': '表不存在时创建：stream 或 dfs',
  'how to write rows: insert, append or upsert': '写入方式：insert、append 或 upsert',
  'columns that identify a row, for upsert': '唯一确定一行的列，用于 upsert',
  'function view to call with each batch as its last argument':
    '要调用的函数视图；批次是最后一个参数',
  'argument of the function view, before the batch; repeatable':
    '函数视图的参数，在批次之前；可重复',
  "DolphinDB function that turns each batch into the rows to write: 'def(t){ … }' or @FILE":
    "对每个批次执行的 DolphinDB 函数，'def(t){ … }' 或 @FILE：写入它的返回值",
  'columns to send to the function or transform, in this order, or @TABLE for those of a table; with --create: types of these columns in the new table':
    '发送给函数或转换函数的列，按此顺序，或 @TABLE（某表的列）；与 --create 一起时是新表各列的类型',
  'table that the function writes into': '函数写入的表',
  "partition scheme of a new DFS table: 'date,hash(symbol,10)', value(…), range(…)":
    "新 DFS 表的分区方案：'date,hash(symbol,10)'、value(…)、range(…)",
  'sort columns of a new TSDB table': '新 TSDB 表的排序列',
  'which rows a new TSDB table keeps if their sort columns are equal: all, first or last':
    '新 TSDB 表保留排序列相同的哪些行：all（全部）、first（第一行）或 last（最后一行）',
  'storage engine of a new DFS table: OLAP or TSDB': '新 DFS 表的存储引擎：OLAP 或 TSDB',
  'atomicity of writes to a new DFS database: trans or chunk':
    '新 DFS 数据库写入的原子性：trans 或 chunk',
  'the same as --output create': '同 --output create',
  'name the parts of a path, such as {day}/{symbol}.csv; hive reads folders such as day=…':
    '为路径的各部分命名，例如 {day}/{symbol}.csv；hive 读取 day=… 这样的文件夹',
  'fill a target column with this text; {NAME} inserts a column, a part of --path, filename, dirname, path or line; repeatable':
    '用此文本填充目标列；其中的 {NAME} 替换为列、--path 的一个部分、filename、dirname、path 或 line；可重复',
  // Input
  'auto, csv, tsv, ndjson or json': 'auto、csv、tsv、ndjson 或 json',
  'file that lists the inputs; - for standard input': '列出输入的文件；- 为标准输入',
  'which files of a folder or zip archive are data, such as *.txt; repeatable':
    '文件夹中哪些文件是数据，例如 *.txt；可重复',
  'keep reading as files grow, rotate and appear, until a signal arrives':
    '文件增长、轮换、新增时继续读取，直到收到信号',
  'auto, none, gzip, zstd or brotli': 'auto、none、gzip、zstd 或 brotli',
  'auto, utf-8, gb18030, gbk, big5, shift_jis, utf-16le, latin1, …':
    'auto、utf-8、gb18030、gbk、big5、shift_jis、utf-16le、latin1 等',
  'text between fields; \\t is a tab': '字段之间的分隔符；\\t 为制表符',
  "character around fields; '' for none": "字段两侧的引号；'' 表示没有",
  'character before a quote inside a field': '字段内引号前的转义符',
  'ignore lines that start with this text': '以此开头的行不读取',
  'whether the first record is a header: auto, yes or no': '第一条记录是否为表头：auto、yes 或 no',
  'records with missing or extra fields: reject, pad or cut':
    '字段缺少或多余的记录：reject（拒绝）、pad（补齐）或 cut（截去）',
  'ignore blanks around quoted fields': '去掉带引号字段两侧的空白',
  'quotes inside unquoted fields: strict rejects them, lax reads them as text':
    '未加引号的字段中的引号：strict 拒绝，lax 视为文本',
  'reject longer records': '更长的记录被拒绝',
  'skip this many lines at the start': '开始读取前跳过的行数',
  'read at most n records': '最多读取 n 条记录',
  'path of the records inside a JSON document, such as data.items':
    'JSON 文档中记录的位置，例如 data.items',
  'character between the elements of an array column': '数组列元素之间的分隔符',
  // Mapping and values
  'match columns by name or by position': '按名称或按位置对应列',
  'fill a target column from this input column; repeatable': '用此输入列填充目标列；可重复',
  'ignore input columns that the target lacks': '忽略目标表没有的输入列',
  'load null into target columns without input': '没有输入的目标列为空值',
  'this text means null, as an empty field does; repeatable': '与空字段一样表示空值；可重复',
  "format in DolphinDB's symbols, epoch:s|ms|us|ns or excel; without COLUMN= for every column; repeatable":
    'DolphinDB 的格式符、epoch:s|ms|us|ns 或 excel；不写 COLUMN= 则用于所有列；可重复',
  'time zone of the stored times; none: as written, also if a column has different offsets':
    '存入的时间所用的时区；none：按原文存入，即使一列中的偏移不同',
  'character between groups of three digits': '千位分隔符',
  'numbers have a decimal comma': '数字以逗号为小数点',
  'this column holds percentages such as 12.5%; repeatable': '此列含有 12.5% 这样的百分数；可重复',
  'these texts mean true and false, such as Y/N; repeatable': '表示真和假的文本，例如 Y/N；可重复',
  'null loads null for each bad cell': 'null：错误的单元格变为空值',
  // Bad rows and delivery
  'for a bad row: stop the run, skip the row, or quarantine (save) it; null loads null for each bad cell':
    '遇到错误的行：stop（停止）、skip（跳过）或 quarantine（另存）；null 将错误的单元格变为空值',
  'stop when more than this many rows are rejected': '被拒绝的行超过此数时停止',
  'save rejected rows here, for repair and retry': '逐字节保存被拒绝的行，供修正后重新导入',
  'async (do not wait for answers), or sync (wait for every answer)':
    'async（不等待应答）或 sync（等待每个应答）',
  'how to confirm that rows landed: auto or none': '如何确认行已写入：auto 或 none',
  'give up if the server makes no progress for this long': '服务器在此时间内没有任何进展则放弃',
  'limit of bytes per request': '每个请求的字节数上限',
  'send rows from stdin or --follow after this long, even if the batch is not full':
    '标准输入或 --follow 的数据最多等待此时间后发送',
  'limit of bytes sent but not yet confirmed': '已发送但未确认的字节数上限',
  'sessions that send data, 1 to 64; more than 1 needs a partitioned table or --unordered':
    '发送数据的会话数，1 到 64；多于 1 个时需要分区表或 --unordered',
  'rows may reach the table in a different order than in the input':
    '行到达的顺序可以与读取的顺序不同',
  'retries per batch; 0 also disables reconnecting':
    '批次重新发送的次数；0 表示也不重新建立断开的连接',
  'how long to keep reconnecting': '尝试重新建立断开连接的时间',
  'batches of unknown outcome: report or resend them':
    '结果不明的批次：report（报告）或 resend（重新发送）',
  'limit of the sending rate, such as 50MB/s or 200krows/s':
    '发送的最高速率，例如 50MB/s 或 200krows/s',
  // Server
  'server to connect to, with its port if that is not 8848; several servers are tried in order':
    '服务器，端口不是 8848 时写明端口；有多个时依次尝试',
  'log in as this user; the password comes from --password-file, DDB_PASSWORD or a prompt':
    '登录的用户；密码来自 --password-file、DDB_PASSWORD，或当场询问',
  'the password is the first line of this file; - for standard input':
    '密码为此文件的第一行；- 为标准输入',
  'use TLS, and verify the server': '使用 TLS 并验证服务器的身份',
  'certificate authorities to trust (PEM), instead of the system defaults':
    '信任的证书颁发机构，代替系统的（PEM）',
  'accept any certificate: an attacker may impersonate the server':
    '接受任何证书：攻击者可能冒充服务器',
  'client certificate and its private key, for servers that require one (PEM)':
    '客户端证书及其私钥，供要求证书的服务器使用（PEM）',
  'private key of --tls-cert, without a passphrase (PEM)': '--tls-cert 的私钥，无口令（PEM）',
  'compress columns: lz4, none, or auto (while the network is slow)':
    '压缩传输的列：lz4、none；auto 在网络较慢时压缩',
  'allow sending the password as plain text without verified TLS':
    '没有经过验证的 TLS 时，密码可以明文传输',
  'scram refuses other logins; tls refuses connections without verified TLS':
    'scram：拒绝其他登录方式；tls：拒绝没有经过 TLS 验证的连接',
  'further hosts that a cluster may redirect to': '集群可以转向的其他主机',
  // Run
  'name of this run; a run with a name keeps a journal and can be resumed':
    '本次运行的名称；有名称则保存运行日志，并可从停止处继续',
  'show at most this many rows of a table; 0 for all': '显示表的多少行；0 为全部',
  'folder of the journals': '运行日志所在的文件夹',
  'start the run over, ignoring its journal': '不论运行日志内容，重新开始运行',
  'exit code 5 unless this many rows are confirmed: 1000, or 900.. for at least 900':
    '确认的行数不符时退出码为 5：1000，或 900..（至少 900）',
  "write nothing; report what the load would do, like 'check'": "不写入，只说明会怎样：同 'check'",
  'print exactly one JSON object on standard output, or write it into a file; both if given twice':
    '在标准输出只打印一个 JSON 对象，或写入文件；写两次则两者都做',
  "write the run's figures to this file, for Prometheus":
    '把本次运行的指标写到这里，供 Prometheus 使用',
  'write a report with charts to this HTML file': '把带图表的报告写到此 HTML 文件',
  // Output
  'print nothing on success': '成功时不打印任何内容',
  'write a line for each message to and from the server, without values and secrets':
    '与服务器往来的每条消息写一行，不含值和密码',
  'print exactly one JSON object on standard output': '在标准输出只打印一个 JSON 对象',
  'no colours': '不使用颜色',
  'print help': '显示帮助',
  'print help with all options': '显示包含所有选项的帮助',
  'print the version': '显示版本',
  'print the help of a command': '显示某个命令的帮助',
  // Other commands
  'examine at most n records of each input': '每个输入最多查看 n 条记录',
  'name of the new table, or dfs://DATABASE/TABLE': '要创建的表名，或 dfs://数据库/表',
  'key columns of a keyed stream table': '键值流表的主键列',
  'types of these columns; the program detects all other types': '指定这些列的类型，其余的自动判断',
  'examine the first n records': '查看前 n 条记录',
  'table, types, json, or create (the script that creates the table)':
    'table、types、json 或 create（建表脚本）',
  'the same as --output json': '同 --output json',
  'remove the journals of the named runs, or of all runs that finished more than 30 days ago':
    '删除运行日志：所列运行的，否则 30 天前已完成的',
  'show the outcome of each file of a run': '某次运行中每个文件的结果',
  'run this script instead of a file': '运行此脚本，而不是文件',
  'table, csv or json': 'table、csv 或 json',
  'address to listen on': '监听的地址',
  'port to listen on; 0 picks a free one': '监听的端口；0 表示任选空闲端口',
  'script to run as admin before accepting connections': '接受连接之前以 admin 运行的脚本',
  'refuse all requests of sessions that have not logged in': '拒绝未登录的会话的所有请求',
  'accept only TLS, with this certificate (PEM)': '只接受 TLS，用此证书（PEM）',
  'web pages that may connect with WebSocket': '可以用 WebSocket 连接的网页',
  'if a value has no VALUE partition: add one, skip the row, or fail':
    '没有 VALUE 分区的值：add（新增分区）、skip（跳过该行）或 fail（失败）',
  'imitate this server version, such as 1.30.22: refuse later features':
    '模拟此版本，例如 1.30.22：拒绝之后才有的功能',
  'a setting of dolphindb.cfg, such as maxPubConnections=0 (repeatable)':
    'dolphindb.cfg 的设置，例如 maxPubConnections=0（可重复）',
  'simulate a fault, for example ChunkInRecovery at every n-th insert':
    '模拟故障，例如每 n 次写入出现一次 ChunkInRecovery',
  'count rows without storing them, for measurements': '只计数不保存，供测量使用',
  'requests in each mode': '每种模式的请求数',
  'rows per request': '每个请求的行数',
  'stop after this time, and report the results so far': '到此时间结束，报告当时已知的结果',
  'second user, for checks that need two': '另一个用户，供需要两个用户的检查使用',
  'file with the password of the second user': '该用户的密码文件',
  'write a report for an issue to this file, without hosts, users and passwords':
    '写出可以贴到问题报告中的内容，不含主机、用户和密码',
  // Defaults
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
  // The help that fits a screen
  'Streams CSV and JSON into DolphinDB asynchronously, and proves that every row landed.':
    '把 CSV 和 JSON 异步导入 DolphinDB，并证明每一行都已写入。',
  'All options, examples and exit codes: ': '所有选项、示例和退出码：',
  'Example: ': '示例：',
  'Usage: ': '用法：',
  ':': '：',
}
