/*
  The Chinese text below the options of each command. A test compares commands, numbers and option names with the English.
*/

const precedence = `
每个选项也可以用环境变量设置（--batch-rows 对应 DDB_INGEST_BATCH_ROWS），或写在
参数 @FILE 指定的文件中，每行一个选项。命令行优先，其次是文件，然后是环境变量。
大小可用 k M G Ki Mi Gi，时间可用 ms s m h。`

/** Name of the command, or of the program → text. */
export const zhEpilogues: Readonly<Record<string, string>> = {
  'ddb-ingest': `
用内置服务器演示一遍：
  ddb-ingest demo
适合某个文件的表的各列：
  ddb-ingest schema trades.csv
导入这个文件；加 --dry-run 则只说明会怎样：
  ddb-ingest load trades.csv --host HOST --user NAME --table trades

'ddb-ingest <command> --help' 列出某个命令的常用选项，--help-all 列出全部选项。`,
  load: `${precedence}

示例：
  ddb-ingest load trades.csv --table trades
  ddb-ingest load 'day=*/t.csv.gz' --table dfs://testDB/tb1
  ddb-ingest load trades.csv --table dfs://testDB/trades --create dfs
  ddb-ingest load t.ndjson --table dfs://testDB/tb1 --method append
  ddb-ingest load t.csv --function appendStreamingData \\
      --types time:TIMESTAMP,sym:SYMBOL,price:DOUBLE,id:INT \\
      --confirm-table trades
  zcat t.csv.gz | ddb-ingest load - --table trades --json

有名称的运行（--run-id）会保存运行日志。停止或被杀死之后，可用同一条命令或
'ddb-ingest resume NAME' 继续；完成之后，同一条命令只回答 "Already loaded"，退出
码为 0。在 crontab 中，% 之前要加反斜杠：
  15 * * * *  ddb-ingest load /data/p.csv -t p -q --run-id p-$(date +\\%F)

退出码：0 每一行都已确认，3 有些行被拒绝，4 有些行未确认，5 --expect-rows
不符，64 用法有误或该名称属于另一个运行，65 数据有误，66 没有这
个输入，69 无法连接，73 和 74 无法创建或写入文件，75 暂时放弃，76 协议错误，
77 登录，78 配置有误或没有这个目标，130 和 143 被中断。`,
  check: `
选项与 'load' 相同，读取输入的方式也与 'load' 相同；向服务器询问目标表的列，不发
送任何行；不会尝试是否有写入权限。最后一行是 'load' 命令，所有检测到的设置都写成
了选项：可以放进脚本，也可以直接执行。

示例：
  ddb-ingest check trades.csv --table trades
  ddb-ingest check 'day=*/t.csv.gz' --table dfs://testDB/tb1 --sample 10k
  ddb-ingest load trades.csv --table trades --dry-run

退出码：与 load 相同；0 每一行都能导入，3 有些行会被拒绝，65 什么都不能导入。`,
  schema: `
读取文件的方式与 'load' 相同。标准输出是列或建表脚本，标准错误是接下来该执行的命
令。不需要服务器。

示例：
  ddb-ingest schema trades.csv
  ddb-ingest schema 'day=*/t.csv.gz' --table dfs://testDB/tb1 --output create
  ddb-ingest schema t.ndjson --table t --key id --output create |
      ddb-ingest exec -`,
  resume: `
其余一切都与运行开始时相同，包括相对路径。运行日志中没有密码。已确认的行不会再次
发送；已发送但结果不明的行，先向服务器询问。输入或表改变后会拒绝继续；--restart
重新开始。

示例：
  ddb-ingest resume prices-2026-03-01
  ddb-ingest resume prices-2026-03-01 --user loader --password-file ~/.ddb

退出码：与 load 相同；66 没有这个运行，或运行日志不可靠；75 另一个进程正在处理，
或已导入的数据不在了。`,
  runs: `
状态：running（正在运行）、finished（已完成）、interrupted（被信号中断）、failed
（失败）、uncertain（结束时有些行结果不明）、killed（没有记下自己的结束）。

不指定名称时，--clean 删除 30 天前已完成（按日志记录的时间）的所有运行的日志，并
列出它们的名称。指定名称时，--clean 不论状态如何都删除该运行：先删除它在服务器上
的表，再删除它的日志。导入从不删除运行日志。时间为 UTC。

示例：
  ddb-ingest runs
  ddb-ingest runs prices-2026-03-01
  ddb-ingest runs prices-2026-03-01 --clean`,
  retry: `
目标、列、格式和发送选项取自拒绝文件旁边的原因文件（FILE.reasons.ndjson）。再次
被拒绝的行写入旁边的新文件，例如 rejects.retry.csv。每个拒绝文件都是一个有名称的
运行，其中的行不会重复导入。

示例：
  ddb-ingest retry rejects.csv
  ddb-ingest retry rejects.csv --null n/a --user loader --password-file ~/.ddb

退出码：与 load 相同；66 没有这个文件，或旁边没有原因文件；64 文件已导入过，之后
又改动了；75 文件正在被写入。`,
  exec: `
没有文件和 -e 时，从标准输入读取脚本。空值在 csv 中为空，在 json 中为 null。在
json 中，超过 2^53 的 LONG 和所有 DECIMAL 都是文本，以免丢失数字；时间类型的值是
DolphinDB 自己的文本。文件和管道得到的 csv 和 json 一字不差；在终端上，控制字符
显示为 \\u001b 这样的写法。脚本打印的内容写到标准错误。

示例：
  ddb-ingest exec -e 'select top 5 * from trades'
  ddb-ingest exec -e 'exec count(*) from trades' --output csv
  ddb-ingest exec create-tables.dos`,
  serve: `
服务器的设置有自己的变量（DDB_INGEST_SERVE_PORT）。在 -- 之后写上命令时，服务器
随该命令运行和结束；命令从 DDB_HOST 和 DDB_PORT 得知地址，使用 TLS 时还有
DDB_INGEST_TLS。用户 admin，密码 123456，与新安装的 DolphinDB 相同。标准输出上
出现 "listening on HOST:PORT" 一行即表示就绪。
使用 --discard 时，最后一行是一个 JSON 对象，内容为计数结果。

示例：
  ddb-ingest serve --init create-tables.dos
  ddb-ingest serve --port 0 -- ddb-ingest bench`,
  bench: `
为每种模式创建一个共享流数据表并写入，等到服务器数到最后一行，然后删除该表。

示例：
  ddb-ingest bench --host dolphin.example.com
  ddb-ingest serve --port 0 -- ddb-ingest bench`,
  selftest: `
向服务器检验本程序所依赖的一切：每种类型、每种写入方式、回执所需的功能。创建的所
有内容名称都以 ddbIngestTest_ 开头，之后全部删除，检验被中断时也是如此；如果检验
被杀死，留下的内容由一天之后的检验删除。

示例：
  ddb-ingest selftest --host dolphin.example.com --issue-text issue.md
  ddb-ingest serve --port 0 -- ddb-ingest selftest

退出码 1：有检查失败。`,
  explain: `
示例：
  ddb-ingest explain DDB_INPUT_CELL`,
  completion: `
补全命令、选项及其取值和文件。分别写入 ~/.bashrc、~/.zshrc（在 compinit 之后）和
config.fish 的行：

  source <(ddb-ingest completion bash)
  source <(ddb-ingest completion zsh)
  ddb-ingest completion fish | source`,
}
