/*
  Facts about the node and its sessions, for the functions that clients call (docs/protocol.md#what-clients-call).
*/
import type { Builtin } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { boolScalar, intScalar, longScalar, stringScalar, voidValue } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { nodeAlias, type ServerNode } from '../../node.js'
import { builtin, isAbsent, textArgument } from '../arguments.js'
import { tableBytes } from '../tables/object-list.js'
import { dictionaryOf, tableOfRecords } from '../result-table.js'

/** Clients read build date and platform from this text. */
const build = '2026.02.11 EMBEDDED ddb-ingest'

/** Four numbers with dots, then words. C++ clients parse four numbers, Java three (docs/protocol.md#connecting). */
const version = builtin('version()', ({ node }) => stringScalar(`${node.version} ${build}`))

const getNodeAlias = builtin('getNodeAlias()', ({ node }) => stringScalar(nodeAlias(node)))

/** getControllerAlias(): the single node is its own controller. */
const getControllerAlias: Builtin = { ...getNodeAlias, name: 'getControllerAlias' }

function settingsOf({ config }: ServerNode): Record<string, ServerValue> {
  const texts: Record<string, ServerValue> = {}
  for (const [name, value] of Object.entries(config)) {
    if (value !== undefined) texts[name] = stringScalar(String(value))
  }
  return texts
}

export const sessionInfoFunctions: readonly Builtin[] = [
  version,

  /** Clients call this right after connecting. */
  builtin('isNodeInitialized()', () => boolScalar(true)),

  /** Serves only calls in scripts. A client's request for this function is answered by `login/users.ts`. */
  builtin('isClientAuth()', () => boolScalar(false)),

  /** Always fails, because this server accepts clients of any version. Clients tolerate the failure. */
  builtin('getRequiredAPIVersion()', () => {
    throw new ScriptError('The embedded server works with API clients of any version.')
  }),
  getNodeAlias,
  getControllerAlias,

  builtin('getCurrentSessionAndUser()', ({ session }) => ({
    form: 'vector',
    type: 'ANY',
    length: 4,
    data: [
      longScalar(BigInt(session.id)),
      stringScalar(session.user),
      stringScalar(session.remoteAddress),
      intScalar(session.remotePort),
    ],
  })),

  /**
   * One row for the memory of shared tables, and one per session. Users who are not administrators see only their own
   * sessions; this is a choice of the embedded server, because no document describes it.
   */
  builtin('getSessionMemoryStat()', ({ node, session: { user, isAdmin } }) => {
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
  }),

  /** No effect, because there is no cache. Clients' helpers call this (docs/server-semantics.md#small-functions). */
  builtin('clearAllCache()', () => voidValue),

  /**
   * Returns all settings of this server, or one setting as text; NULL for an unknown name. With
   * enableConfigAccessControl, guests see no settings (DolphinDB manual, page getConfig).
   */
  builtin('getConfig([key])', ({ node, session }, [key]) => {
    const isHidden = node.config.enableConfigAccessControl && session.user === 'guest'
    const settings = isHidden ? {} : settingsOf(node)
    if (isAbsent(key)) return dictionaryOf(settings)
    const name = textArgument(key, 'key')
    return Object.hasOwn(settings, name) ? settings[name]! : voidValue
  }),
]
