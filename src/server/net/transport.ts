/*
  What a connection needs of whatever carries its bytes: a TCP stream or a WebSocket.
*/

/** The way to one peer. After `end` or `destroy` sending does nothing. */
export interface Transport {
  readonly remoteAddress: string
  readonly remotePort: number
  /** True when every answer and every MSG is a message of its own (WebSocket, docs/protocol.md#websocket). */
  readonly framed: boolean
  /** @returns false when the peer reads too slowly: wait for `onDrain` */
  send(chunks: readonly Uint8Array[]): boolean
  pause(): void
  resume(): void
  /** Sends what is left, then says goodbye. */
  end(): void
  /** Ends at once. */
  destroy(): void
}
