// The open client connections, found by number in one step: the low half of a connection number is a slot that the transport
// reuses, the high half tells its uses apart.

struct ClientTable {
    private var slots: [ClientConnection?] = []
    private(set) var count = 0

    private static func slot(_ id: UInt64) -> Int { Int(id & 0xffff_ffff) }

    @inline(__always)
    subscript(id: UInt64) -> ClientConnection? {
        let slot = ClientTable.slot(id)
        guard slot < slots.count, let client = slots[slot], client.id == id else { return nil }
        return client
    }

    mutating func insert(_ client: ClientConnection) {
        let slot = ClientTable.slot(client.id)
        while slots.count <= slot { slots.append(nil) }
        if slots[slot] == nil { count += 1 }
        slots[slot] = client
    }

    mutating func remove(_ id: UInt64) {
        let slot = ClientTable.slot(id)
        guard slot < slots.count, slots[slot]?.id == id else { return }
        slots[slot] = nil
        count -= 1
    }

    func forEach(_ body: (ClientConnection) -> Void) {
        for client in slots { if let client { body(client) } }
    }
}
