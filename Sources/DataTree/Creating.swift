// create and create2: the order of checks is what clients see when several things are wrong at once, so it is kept exactly.

import ClientProtocol
import Handlers
import Jute

extension DataTree {
    /// - Parameter session: row of the requesting session.
    func create(
        _ request: borrowing CreateRequest, session: UInt32, identities: RawSpan, withStat: Bool, reply: inout ByteBuffer,
        effects: inout Effects
    ) -> Int32 {
        let flags = request.flags
        guard CreateMode.isKnown(flags) else { return ErrorCode.badArguments }
        // Kinds with a time to live are off in this version of apply.
        guard !CreateMode.isTTL(flags) else { return ErrorCode.unimplemented }
        guard flags != CreateMode.container else { return ErrorCode.badArguments }
        guard let slash = PathSyntax.lastSlash(request.path), !PathSyntax.hasNUL(request.path) else {
            return ErrorCode.badArguments
        }
        let acl = lists.retained(request.acl, identities: identities)
        guard acl != 0 else { return ErrorCode.invalidACL }
        let parent = find(request.path.extracting(0..<slash))
        var error = ErrorCode.ok
        if parent == 0 {
            error = ErrorCode.noNode
        } else if !lists.permits(nodes.node(parent).pointee.acl, Permission.create, identities) {
            error = ErrorCode.noAuth
        } else if CreateMode.isSequential(flags) {
            let suffix = nodes.node(parent).pointee.cversion
            request.path.withUnsafeBytes { writeSequential($0, suffix) }
            let path = sequentialPath.bytes
            error = make(
                path.bytes, request.data, acl, parent, CreateMode.isEphemeral(flags) ? session : 0, withStat, &reply, &effects)
        } else {
            error = make(
                request.path, request.data, acl, parent, CreateMode.isEphemeral(flags) ? session : 0, withStat, &reply, &effects)
        }
        if error != ErrorCode.ok { lists.release(acl) }
        return error
    }

    /// The path with the parent's counter behind it: ten places, and a sign once it has wrapped.
    private func writeSequential(_ path: UnsafeRawBufferPointer, _ suffix: Int32) {
        sequentialPath.removeAll()
        sequentialPath.shrink(to: 1 << 16)
        sequentialPath.append(path)
        var places = 10
        if suffix < 0 {
            sequentialPath.append(byte: UInt8(ascii: "-"))
            places = 9
        }
        var rest = suffix.magnitude
        var digits = 1
        var scale: UInt32 = 1
        while rest / scale >= 10 {
            scale *= 10
            digits += 1
        }
        for _ in 0..<max(places - digits, 0) { sequentialPath.append(byte: UInt8(ascii: "0")) }
        while scale > 0 {
            sequentialPath.append(byte: UInt8(ascii: "0") + UInt8(rest / scale))
            rest %= scale
            scale /= 10
        }
    }

    /// The checks that need the final path, then the znode itself.
    private func make(
        _ path: RawSpan, _ data: RawSpan?, _ acl: UInt32, _ parent: UInt32, _ session: UInt32, _ withStat: Bool,
        _ reply: inout ByteBuffer, _ effects: inout Effects
    ) -> Int32 {
        guard PathSyntax.isValid(path) else { return ErrorCode.badArguments }
        let number: UInt32 = path.withUnsafeBytes { path in
            let hash = nodes.hash(path)
            guard nodes.find(path, hash: hash) == 0 else { return 0 }
            guard nodes.node(parent).pointee.owner == 0 else { return UInt32.max }
            let number = nodes.allocate()
            nodes.setBlob(number, Znode.path, path)
            nodes.enter(number, hash: hash)
            return number
        }
        if number == 0 { return ErrorCode.nodeExists }
        if number == UInt32.max { return ErrorCode.noChildrenForEphemerals }
        if let data {
            data.withUnsafeBytes { nodes.setBlob(number, Znode.data, $0) }
        } else {
            nodes.setBlob(number, Znode.data, nil)
        }
        let node = nodes.changeNode(number)
        node.pointee.czxid = zxid
        node.pointee.mzxid = zxid
        node.pointee.pzxid = zxid
        node.pointee.ctime = wallTime
        node.pointee.mtime = wallTime
        node.pointee.changedAt = logTime
        node.pointee.acl = acl
        linkChild(number, under: parent)
        if session != 0 { linkOwned(number, to: session) }
        let above = nodes.changeNode(parent)
        above.pointee.cversion &+= 1
        above.pointee.pzxid = zxid
        totals.bytes += Int64(path.byteCount) + Int64(node.pointee.dataCount)
        digestCreated(number, parent)
        fire(EventType.nodeCreated, self.path(number), acl, &effects)
        fire(EventType.nodeChildrenChanged, self.path(parent), above.pointee.acl, &effects)
        if wantsReply {
            reply.writeBuffer(self.path(number))
            if withStat { reply.write(node.pointee.stat) }
        }
        return ErrorCode.ok
    }

    private func digestCreated(_ number: UInt32, _ parent: UInt32) {
        let node = nodes.node(number)
        let above = nodes.node(parent)
        space.note(bytes: path(number))
        space.note(bytes: nodes.blob(number, Znode.data))
        space.note(
            UInt64(number) << 32 | UInt64(node.pointee.acl),
            UInt64(UInt32(bitPattern: above.pointee.cversion)) << 32 | UInt64(UInt32(bitPattern: above.pointee.numChildren)))
        space.note(UInt64(bitPattern: node.pointee.owner), UInt64(node.pointee.dataLength))
    }
}
