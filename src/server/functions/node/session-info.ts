/*
  What a session can ask about the node and about sessions (docs/protocol.md#what-clients-call).
*/
import type { Builtin } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { boolScalar, intScalar, longScalar, stringScalar, voidValue } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { nodeAlias, type ServerNode } from '../../node.js'
import { isAbsent, textArgument } from '../arguments.js'
import { tableBytes } from '../tables/object-list.js'
import { dictionaryOf, tableOfRecords } from '../result-table.js'

/** What clients take for build date and platform. */
const build = '2026.02.11 EMBEDDED ddb-ingest'

/**
 * version(): four numbers joined by dots, then words: C++ reads the four, Java the first three
 * (docs/protocol.md#connecting).
 */
const version: Builtin = {
  name: 'version',
  parameters: [],
  minArguments: 0,
  maxArguments: 0,
  call: ({ node }) => stringScalar(`${node.version} ${build}`),
}

/** license(): a dictionary with the keys of the manual; nothing is limited. */
const license: Builtin = {
  name: 'license',
  parameters: ['fileName', 'pubKeyFile', 'read'],
  minArguments: 0,
  maxArguments: 3,
  call: () =>
    dictionaryOf({
      authorization: stringScalar('embedded'),
      licenseType: intScalar(0),
      maxMemoryPerNode: intScalar(null),
      maxCoresPerNode: intScalar(null),
      clientName: stringScalar('ddb-ingest'),
      bindCPU: boolScalar(false),
      expiration: { form: 'scalar', type: 'DATE', value: null },
      maxNodes: intScalar(1),
      version: stringScalar(''),
      modules: longScalar(0n),
      moduleNames: stringScalar(''),
      productKey: stringScalar('DOLPHIN'),
    }),
}

/** isNodeInitialized(): asked by clients right after connecting. */
const isNodeInitialized: Builtin = {
  name: 'isNodeInitialized',
  parameters: [],
  minArguments: 0,
  maxArguments: 0,
  call: () => boolScalar(true),
}

/** isClientAuth(): false here; a server that requires a login answers at the connection. */
const isClientAuth: Builtin = {
  name: 'isClientAuth',
  parameters: [],
  minArguments: 0,
  maxArguments: 0,
  call: () => boolScalar(false),
}

/** getRequiredAPIVersion(): this server requires none; clients that ask tolerate an error. */
const getRequiredAPIVersion: Builtin = {
  name: 'getRequiredAPIVersion',
  parameters: [],
  minArguments: 0,
  maxArguments: 0,
  call: () => {
    throw new ScriptError('The embedded server works with API clients of any version.')
  },
}

/** getNodeAlias(). */
const getNodeAlias: Builtin = {
  name: 'getNodeAlias',
  parameters: [],
  minArguments: 0,
  maxArguments: 0,
  call: ({ node }) => stringScalar(nodeAlias(node)),
}

/** getControllerAlias(): a single node is its own controller. */
const getControllerAlias: Builtin = { ...getNodeAlias, name: 'getControllerAlias' }

/** getNodeType(): 3, a single node. */
const getNodeType: Builtin = {
  name: 'getNodeType',
  parameters: [],
  minArguments: 0,
  maxArguments: 0,
  call: () => intScalar(3),
}

/** getCurrentSessionAndUser(): session id, user, address and port of the client. */
const getCurrentSessionAndUser: Builtin = {
  name: 'getCurrentSessionAndUser',
  parameters: [],
  minArguments: 0,
  maxArguments: 0,
  call: ({ session }) => ({
    form: 'vector',
    type: 'ANY',
    length: 4,
    data: [
      longScalar(BigInt(session.id)),
      stringScalar(session.user),
      stringScalar(session.remoteAddress),
      intScalar(session.remotePort),
    ],
  }),
}

/**
 * getSessionMemoryStat(): one row a session, and what shared tables take. Plain users see their own sessions, as the
 * vendor's interface shows the list to administrators alone; what a server tells them is documented nowhere.
 */
const getSessionMemoryStat: Builtin = {
  name: 'getSessionMemoryStat',
  parameters: [],
  minArguments: 0,
  maxArguments: 0,
  call: ({ node, session: { user, isAdmin } }) => {
    const sharedBytes = [...node.shared.values()].reduce(
      (sum, { table }) => sum + tableBytes(table),
      0,
    )
    const shown = [...node.sessions.values()].filter(one => isAdmin || one.user === user)
    const sessions = shown.map(session => ({
      userId: session.user,
      sessionId: BigInt(session.id),
      memSize: BigInt(
        [...session.variables.values()].reduce(
          (sum, value) => sum + (value.form === 'serverTable' ? tableBytes(value) : 0),
          0,
        ),
      ),
      remoteIP: session.remoteAddress,
      remotePort: session.remotePort,
      createTime: null,
      lastActiveTime: null,
    }))
    const shared = {
      userId: '__SharedTable__',
      sessionId: null,
      memSize: BigInt(sharedBytes),
      remoteIP: '',
      remotePort: null,
      createTime: null,
      lastActiveTime: null,
    }
    return tableOfRecords(
      {
        userId: 'STRING',
        sessionId: 'LONG',
        memSize: 'LONG',
        remoteIP: 'STRING',
        remotePort: 'INT',
        createTime: 'TIMESTAMP',
        lastActiveTime: 'TIMESTAMP',
      },
      [shared, ...sessions],
    )
  },
}

/** getConnections(): one row a session of a client (DolphinDB manual, page getConnections). */
const getConnections: Builtin = {
  name: 'getConnections',
  parameters: [],
  minArguments: 0,
  maxArguments: 0,
  call: ({ node }) =>
    tableOfRecords(
      { server: 'STRING', client: 'STRING', startTime: 'TIMESTAMP' },
      Array.from(node.sessions.values(), session => ({
        server: `${node.host}:${node.port}`,
        client: `${session.remoteAddress}:${session.remotePort}`,
        startTime: BigInt(session.openedAt.getTime()),
      })),
    ),
}

/** clearAllCache(): nothing is cached; called by clients' helpers (docs/server-semantics.md#small-functions). */
const clearAllCache: Builtin = {
  name: 'clearAllCache',
  parameters: [],
  minArguments: 0,
  maxArguments: 0,
  call: () => voidValue,
}

/**
 * getConfig([key]): the settings this server knows, or the text of one; NULL for any other, and for guests with
 * enableConfigAccessControl (DolphinDB manual, page getConfig).
 */
const getConfig: Builtin = {
  name: 'getConfig',
  parameters: ['key'],
  minArguments: 0,
  maxArguments: 1,
  call: ({ node, session }, [key]) => {
    const isHidden = node.config.enableConfigAccessControl && session.user === 'guest'
    const settings = isHidden ? {} : settingsOf(node)
    if (isAbsent(key)) return dictionaryOf(settings)
    const name = textArgument(key, 'key')
    return Object.hasOwn(settings, name) ? settings[name]! : voidValue
  },
}

/** As text, without those that are not set. */
function settingsOf({ config }: ServerNode): Record<string, ServerValue> {
  const texts: Record<string, ServerValue> = {}
  for (const [name, value] of Object.entries(config)) {
    if (value !== undefined) texts[name] = stringScalar(String(value))
  }
  return texts
}

/** getDataNodeConfig(nodeAlias): the settings of a node, asked of the controller, which this node is. */
const getDataNodeConfig: Builtin = {
  name: 'getDataNodeConfig',
  parameters: ['nodeAlias'],
  minArguments: 1,
  maxArguments: 1,
  adminOnly: true,
  call: ({ node }, [alias]) => {
    const name = textArgument(alias, 'nodeAlias')
    if (name !== nodeAlias(node)) throw new ScriptError(`Can't find the node with alias ${name}.`)
    return dictionaryOf(settingsOf(node))
  },
}

export const sessionInfoFunctions: readonly Builtin[] = [
  version,
  license,
  isNodeInitialized,
  isClientAuth,
  getRequiredAPIVersion,
  getNodeAlias,
  getControllerAlias,
  getNodeType,
  getCurrentSessionAndUser,
  getSessionMemoryStat,
  getConnections,
  clearAllCache,
  getConfig,
  getDataNodeConfig,
]
