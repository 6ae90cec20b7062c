// Reads: answered by one server from its own state, registering watches in the same step, so that nothing can happen in between.

import ClientProtocol
package import Handlers
package import Jute

extension DataTree {
    package static func isRead(_ type: Int32) -> Bool {
        switch type {
        case OpCode.exists, OpCode.getData, OpCode.getACL, OpCode.getChildren, OpCode.getChildren2, OpCode.setWatches: true
        default: false
        }
    }

    /// The requester of a read: watches are its connection's, rights those of its identities.
    package struct Reader: ~Escapable {
        let connection: UInt64
        let session: Int64
        let identities: RawSpan

        @_lifetime(copy identities)
        package init(connection: UInt64, session: Int64, identities: RawSpan) {
            self.connection = connection
            self.session = session
            self.identities = identities
        }
    }

    /// - Returns: the error code of the reply's header; `reply` holds a body only if that is 0.
    package func read(
        type: Int32, by reader: borrowing Reader, body: RawSpan, reply: inout ByteBuffer, effects: inout Effects
    ) -> Int32 {
        var input = JuteReader(body)
        do {
            switch type {
            case OpCode.exists: return exists(try WatchedPath(reading: &input), reader, &reply, &effects)
            case OpCode.getData: return getData(try WatchedPath(reading: &input), reader, &reply, &effects)
            case OpCode.getChildren, OpCode.getChildren2:
                return getChildren(
                    try WatchedPath(reading: &input), reader, withStat: type == OpCode.getChildren2, &reply, &effects)
            case OpCode.getACL: return getACL(try input.text(), reader, &reply)
            case OpCode.setWatches:
                var progress = SetWatchesProgress()
                return setWatches(body, &progress, limit: .max, by: reader, effects: &effects) ?? ErrorCode.ok
            default: return ErrorCode.unimplemented
            }
        } catch {
            return ErrorCode.marshallingError
        }
    }

    /// Registers a watch. What does not fit a cap is reported, so that the connection is closed rather than left waiting.
    func watch(_ modes: UInt32, _ path: RawSpan, _ reader: borrowing Reader, _ effects: inout Effects) -> Int32 {
        if watches.add(modes, connection: reader.connection, identities: reader.identities, path: path) { return ErrorCode.ok }
        effects.watchLimitReached = true
        return ErrorCode.systemError
    }

    private func exists(
        _ request: borrowing WatchedPath, _ reader: borrowing Reader, _ reply: inout ByteBuffer, _ effects: inout Effects
    ) -> Int32 {
        guard !PathSyntax.hasNUL(request.path) else { return ErrorCode.badArguments }
        let number = find(request.path)
        if number != 0, !lists.permits(nodes.node(number).pointee.acl, Permission.read, reader.identities) {
            return ErrorCode.noAuth
        }
        if request.watch {
            let error = watch(WatchMode.data, request.path, reader, &effects)
            guard error == ErrorCode.ok else { return error }
        }
        guard number != 0 else { return ErrorCode.noNode }
        reply.write(nodes.node(number).pointee.stat)
        return ErrorCode.ok
    }

    private func getData(
        _ request: borrowing WatchedPath, _ reader: borrowing Reader, _ reply: inout ByteBuffer, _ effects: inout Effects
    ) -> Int32 {
        let number = find(request.path)
        guard number != 0 else { return ErrorCode.noNode }
        let node = nodes.node(number)
        guard lists.permits(node.pointee.acl, Permission.read, reader.identities) else { return ErrorCode.noAuth }
        if request.watch {
            let error = watch(WatchMode.data, request.path, reader, &effects)
            guard error == ErrorCode.ok else { return error }
        }
        if node.pointee.dataLength == BlobField.none {
            reply.writeNull()
        } else {
            reply.writeBuffer(nodes.blob(number, Znode.data))
        }
        reply.write(node.pointee.stat)
        return ErrorCode.ok
    }

    private func getChildren(
        _ request: borrowing WatchedPath, _ reader: borrowing Reader, withStat: Bool, _ reply: inout ByteBuffer,
        _ effects: inout Effects
    ) -> Int32 {
        let number = find(request.path)
        guard number != 0 else { return ErrorCode.noNode }
        let node = nodes.node(number)
        guard lists.permits(node.pointee.acl, Permission.read, reader.identities) else { return ErrorCode.noAuth }
        if request.watch {
            let error = watch(WatchMode.child, request.path, reader, &effects)
            guard error == ErrorCode.ok else { return error }
        }
        writeChildren(number, &reply)
        if withStat { reply.write(node.pointee.stat) }
        return ErrorCode.ok
    }

    /// Names in the order of creation. The list of an ephemeral's row is its session's, so ephemerals are empty by definition.
    func writeChildren(_ number: UInt32, _ reply: inout ByteBuffer) {
        let node = nodes.node(number)
        reply.writeInt(node.pointee.numChildren)
        var child = node.pointee.owner == 0 ? node.pointee.first : 0
        // A list beyond the limit is answered by an error, so the rest of it need not be written.
        while child != 0, reply.count <= maxReply {
            reply.writeBuffer(name(child))
            child = nodes.node(child).pointee.next
        }
    }

    private func getACL(_ path: RawSpan, _ reader: borrowing Reader, _ reply: inout ByteBuffer) -> Int32 {
        let number = find(path)
        guard number != 0 else { return ErrorCode.noNode }
        let node = nodes.node(number)
        guard lists.permits(node.pointee.acl, Permission.read | Permission.admin, reader.identities) else {
            return ErrorCode.noAuth
        }
        let mayAdminister = lists.permits(node.pointee.acl, Permission.admin, reader.identities)
        lists.write(node.pointee.acl, masked: !mayAdminister, to: &reply)
        reply.write(node.pointee.stat)
        return ErrorCode.ok
    }

    /// The identities of a connection changed: events to it are judged by the new ones.
    package func setIdentities(connection: UInt64, _ identities: RawSpan) {
        watches.setIdentities(connection: connection, identities)
    }

    /// All watches of a connection go, or as many as `budget` allows; it is taken down by as many.
    /// - Returns: whether some are left.
    package func dropWatches(connection: UInt64, budget: inout Int) -> Bool {
        watches.drop(connection: connection, budget: &budget)
    }
}
