// setData, setACL, check and delete, each with its own order of checks.

import ClientProtocol
import Handlers
import Jute

extension DataTree {
    func setData(
        _ request: borrowing SetDataRequest, identities: RawSpan, reply: inout ByteBuffer, effects: inout Effects
    ) -> Int32 {
        // What is found needs no test of its letters: only valid paths were ever made. The empty one is no path here.
        let number = request.path.byteCount == 0 ? 0 : find(request.path)
        guard number != 0 else { return PathSyntax.isValid(request.path) ? ErrorCode.noNode : ErrorCode.badArguments }
        let old = nodes.node(number)
        guard lists.permits(old.pointee.acl, Permission.write, identities) else { return ErrorCode.noAuth }
        guard request.version == -1 || request.version == old.pointee.version else { return ErrorCode.badVersion }
        let before = Int64(old.pointee.dataCount)
        // The digest takes the request's bytes, which were just read; the znode's copy of them is still on its way to memory.
        if let data = request.data {
            data.withUnsafeBytes {
                space.note(bytes: $0)
                nodes.setBlob(number, Znode.data, $0)
            }
        } else {
            space.note(bytes: UnsafeRawBufferPointer(start: nil, count: 0))
            nodes.setBlob(number, Znode.data, nil)
        }
        let node = nodes.changeNode(number)
        node.pointee.version &+= 1
        node.pointee.mzxid = zxid
        node.pointee.mtime = wallTime
        node.pointee.changedAt = logTime
        totals.bytes += Int64(node.pointee.dataCount) - before
        space.note(
            UInt64(number) << 32 | UInt64(UInt32(bitPattern: node.pointee.version)), UInt64(node.pointee.dataLength))
        fire(EventType.nodeDataChanged, path(number), node.pointee.acl, &effects)
        if wantsReply { reply.write(node.pointee.stat) }
        return ErrorCode.ok
    }

    func setACL(_ request: borrowing SetACLRequest, identities: RawSpan, reply: inout ByteBuffer) -> Int32 {
        guard PathSyntax.isValid(request.path) else { return ErrorCode.badArguments }
        let acl = lists.retained(request.acl, identities: identities)
        guard acl != 0 else { return ErrorCode.invalidACL }
        let number = find(request.path)
        let error = judgeSetACL(number, request.version, identities)
        guard error == ErrorCode.ok else {
            lists.release(acl)
            return error
        }
        let node = nodes.changeNode(number)
        node.pointee.aversion &+= 1
        setList(number, acl)
        space.note(UInt64(number) << 32 | UInt64(acl), UInt64(UInt32(bitPattern: node.pointee.aversion)))
        space.note(bytes: lists.bytes(acl))
        if wantsReply { reply.write(node.pointee.stat) }
        return ErrorCode.ok
    }

    private func judgeSetACL(_ number: UInt32, _ version: Int32, _ identities: RawSpan) -> Int32 {
        guard number != 0 else { return ErrorCode.noNode }
        let node = nodes.node(number)
        guard lists.permits(node.pointee.acl, Permission.admin, identities) else { return ErrorCode.noAuth }
        guard version == -1 || version == node.pointee.aversion else { return ErrorCode.badVersion }
        return ErrorCode.ok
    }

    /// Gives a znode a list that was retained for it.
    func setList(_ number: UInt32, _ acl: UInt32) {
        let node = nodes.changeNode(number)
        let old = node.pointee.acl
        node.pointee.acl = acl
        lists.release(old)
    }

    /// Only as part of a multi.
    func check(_ request: borrowing VersionedPath, identities: RawSpan) -> Int32 {
        guard PathSyntax.isValid(request.path) else { return ErrorCode.badArguments }
        let number = find(request.path)
        guard number != 0 else { return ErrorCode.noNode }
        let node = nodes.node(number)
        guard lists.permits(node.pointee.acl, Permission.read, identities) else { return ErrorCode.noAuth }
        guard request.version == -1 || request.version == node.pointee.version else { return ErrorCode.badVersion }
        return ErrorCode.ok
    }

    func delete(_ request: borrowing VersionedPath, identities: RawSpan, effects: inout Effects) -> Int32 {
        let path = request.path
        guard let slash = PathSyntax.lastSlash(path), !PathSyntax.hasNUL(path), !isReserved(path) else {
            return ErrorCode.badArguments
        }
        let parent = find(path.extracting(0..<slash))
        guard parent != 0 else { return ErrorCode.noNode }
        guard lists.permits(nodes.node(parent).pointee.acl, Permission.delete, identities) else { return ErrorCode.noAuth }
        let number = find(path)
        guard number != 0 else { return ErrorCode.noNode }
        let node = nodes.node(number)
        guard request.version == -1 || request.version == node.pointee.version else { return ErrorCode.badVersion }
        guard node.pointee.numChildren == 0 else { return ErrorCode.notEmpty }
        remove(number, effects: &effects)
        return ErrorCode.ok
    }

    private func isReserved(_ path: RawSpan) -> Bool {
        equal(path, "/") || equal(path, "/zookeeper") || equal(path, "/zookeeper/quota") || equal(path, DataTree.configPath)
    }

    /// Takes a leaf out of the tree. Its parent's count of creations stays, so sequence numbers never come twice.
    func remove(_ number: UInt32, effects: inout Effects) {
        let node = nodes.node(number).pointee
        precondition(node.numChildren == 0 && number != DataTree.root, "only leaves can go")
        let text = path(number)
        space.note(bytes: text)
        totals.bytes -= Int64(node.pathLength) + Int64(node.dataCount)
        nodes.leave(number)
        unlinkChild(number)
        if node.owner != 0 { unlinkOwned(number) }
        let above = nodes.changeNode(node.parent)
        if zxid > above.pointee.pzxid { above.pointee.pzxid = zxid }
        space.note(UInt64(number), UInt64(UInt32(bitPattern: above.pointee.numChildren)))
        fire(EventType.nodeDeleted, text, node.acl, &effects)
        fire(EventType.nodeChildrenChanged, path(node.parent), above.pointee.acl, &effects)
        lists.release(node.acl)
        nodes.free(number)
    }
}
