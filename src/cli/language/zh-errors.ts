/*
  The meaning of each error code in Chinese, and what to do. The failure's own sentence, with its file and line, stays English.
*/
import type { ErrorCode } from '../../errors.js'

/** What docs/errors.md says about each code, in one or two sentences. */
export const zhErrors: Readonly<Record<ErrorCode, string>> = {
  DDB_USAGE: '用法有误：选项不存在、互相矛盾，或值无效。--help-all 列出所有选项。',
  DDB_NAME:
    '这不是 DolphinDB 允许的名称。表名以字母开头，后接字母、数字和 _；DFS 表写作 dfs://数据库/表。',
  DDB_ASYNC_SESSION: '以 enableAsync 打开的会话只能执行不等待结果的 run。请另开一个会话。',
  DDB_CLOSED: '会话已关闭。请重新连接。',
  DDB_TASK: '连接池中没有这个任务，或任务编号已被占用。',
  DDB_RUN_CHANGED:
    '这个名称的运行原来的输入或选项不同。用 --restart 重新开始；如果是另一次导入，请换一个 --run-id。',
  DDB_RUN_MISSING:
    '状态文件夹中没有该名称的运行日志。ddb-ingest runs 列出已有的；--state-dir 指定其他文件夹。',
  DDB_RUN_DAMAGED:
    '运行日志存在但不可靠，因此没有发送任何数据。请恢复原来的日志；如果做不到，请先从表中删除该运行的行，然后再用 --restart 重新开始。',
  DDB_INPUT_MISSING: '输入文件不存在或无法打开，或者模式、文件夹中没有文件。',
  DDB_INPUT_READ: '文件打开后无法读完：压缩包损坏、磁盘故障或管道中断。',
  DDB_INPUT_TRUNCATED: '文件在读取过程中变短了，或被覆盖。请查明缺少了什么，以及是哪个程序截断的。',
  DDB_INPUT_ENCODING:
    '有些字节不符合输入的编码。未指定 --encoding 时，消息列出合适的编码；指定之后，这样的行被拒绝。',
  DDB_INPUT_FORMAT: '这不是文本，而是压缩包、工作簿或列式文件。消息说明它的格式以及怎么办。',
  DDB_INPUT_QUOTE:
    '字段中间有引号，或引号没有闭合。请将引号写两遍，或使用 --quotes lax、--trim、--escape、--quote。',
  DDB_INPUT_RECORD_TOO_LONG: '记录超过 --max-record-bytes，通常是因为文件不是文本，或没有换行。',
  DDB_INPUT_FIELD_COUNT: '字段数与表头或第一条记录不同；--ragged 可以补齐或截去。',
  DDB_INPUT_COLUMN:
    '输入的列与目标表的列不符。用 --map、--set、--ignore-extra 或 --allow-missing 说明如何对应。或者路径的内容不符合要求：--path、--path-unmatched。',
  DDB_INPUT_CELL:
    '文本不是该列类型的值。--null、--date-format、--thousands、--decimal-comma、--percent、--true 和 --false 可以让程序接受更多写法。',
  DDB_INPUT_RANGE:
    '该类型或列存不下的值：过大、秒的小数位过多、NaN、无穷、恰为表示空值的数，或文本过长。',
  DDB_INPUT_JSON: '不是 JSON，或记录不是对象。',
  DDB_INPUT_MEMBER:
    'JSON 对象缺少成员或有多余的成员。用 --allow-missing、--ignore-extra 或 --map。',
  DDB_INPUT_LIMIT: '被拒绝的行超过 --max-errors，或不同文本的个数超过 SYMBOL 列的上限。',
  DDB_STRING_HAS_NUL: '文本中含有字符 U+0000，DolphinDB 无法保存这个字符，请去掉。',
  DDB_SERVER_REFUSED_ROW:
    '服务器拒绝了这一行，或因它在分区方案之外而将其丢弃。消息中有服务器的原话。',
  DDB_SCRIPT: '脚本执行失败；消息是服务器的原话。',
  DDB_SERVER: '服务器拒绝了请求；消息是服务器的原话。',
  DDB_TARGET: '服务器上没有这个表或函数；消息中列出相近的名称。请创建这个表或函数，或共享这个表。',
  DDB_CONFIG:
    '配置文件或密码文件无法读取或内容无效；或密码会明文传输；或状态文件夹属于其他用户，或可被所有用户写入。',
  DDB_CONNECT:
    '该主机和端口没有响应，在 --connect-timeout 内未能登录，或节点重定向到未指定的主机。',
  DDB_CONNECTION_LOST:
    '连接建立后又断开。服务器可能已执行最后几个请求，也可能没有：再次导入前请先查看目标表。',
  DDB_UNCONFIRMED: '已发送的行没有按时得到确认，或服务器在此期间无响应。',
  DDB_EXPECTATION:
    '结果与 --expect-rows、--min-rows、--expect-types 或 --expect-unique 的要求不符。',
  DDB_LOGIN:
    '用户名或密码错误，或服务器要求登录：请用 --user 和 --password-file。或者服务器未能证明它知道密码：可能是另一台机器在冒充服务器。',
  DDB_PRIVILEGE: '该用户没有执行此操作的权限。请向管理员申请权限，或换一个用户。',
  DDB_PROTOCOL: '收到的不是 DolphinDB 的消息。该端口真的是 DolphinDB 吗？是否是代理或网页服务器？',
  DDB_TLS:
    '服务器的证书未被接受，或只有一方使用 TLS。请检查 --ca-file、--cert-file，或去掉 --tls。没有发送任何数据。',
  DDB_LIMIT: '消息过大，不可信：这是为了防止损坏或恶意的应答占满内存。',
  DDB_TIMEOUT: '在规定时间内没有得到应答。请求可能仍会被执行。',
  DDB_LOCKED:
    '另一个进程正在进行同一个运行，或持有这个锁：请等待。只有锁可以换一个名称；换一个 --run-id 导入相同的行，会存入两遍。',
  DDB_TARGET_CHANGED:
    '该运行导入的数据已不在表中：服务器重启过，或表被重建、清空。请先用打印出的命令查看；确认没有该运行的任何行之后，才用 --restart 全部重新导入。',
  DDB_UNPROVEN:
    '该运行已导入全部数据，但无法证明这些行仍在表中；或者将要发送的行，表中可能已有。请先按消息所说查看目标表。',
  DDB_UNAVAILABLE: '服务器或集群尚未就绪，或连续拒绝批次。请查看服务器，稍后再试。',
  DDB_OUTPUT_CREATE: '无法创建输出文件或运行日志，或拒绝文件已存在且不为空。请换一个文件。',
  DDB_OUTPUT_WRITE: '无法写入文件或标准输出，多半是磁盘已满。',
  DDB_THREAD:
    '读取输入的线程意外结束，多半是内存不足。请用 --threads 1，或减少线程，导入其余的行。',
  DDB_INTERRUPTED: '收到信号，运行正常收尾。',
  DDB_INTERNAL: '这是本程序的缺陷，请连同命令一起报告；再次导入前请先查看目标表。',
}
