// What the scripted server answers to each request, rightly or as its script says.

import Foundation
import Transport

extension Script {
    func serve(_ frame: [UInt8], _ id: ConnectionID) {
        guard hasShaken.contains(id) else { return shake(frame, id) }
        let request = Wire.Reader(frame)
        let (xid, opCode) = (request.int32(), request.int32())
        switch opCode {
        case 1: create(request, xid, id)
        case 2: delete(request, xid, id)
        case 3: exists(request, xid, id)
        case 4: get(request, xid, id)
        case 5: set(request, xid, id)
        case 8: list(request, xid, id)
        case 9: answer(id, xid, body: Wire.text(request.text()))
        case 11: answer(id, -2)
        case 14: multi(request, xid, id)
        case -11:
            answer(id, xid)
            endSession(sessions[id] ?? 0)
            closing.insert(id)
        default: answer(id, xid, error: -6)
        }
    }

    private func shake(_ frame: [UInt8], _ id: ConnectionID) {
        let request = Wire.Reader(frame)
        _ = request.int32()
        _ = request.int64()
        let timeout = request.int32()
        let asked = request.int64()
        if misbehaviour.refusesSessions || nextSession > misbehaviour.sessionsMax {
            closing.insert(id)
            return
        }
        let isExpired = asked != 0 && misbehaviour.forgetsSessions
        let session = asked == 0 ? nextSession : asked
        if asked == 0 { nextSession += 1 }
        let body =
            Wire.int32(0) + Wire.int32(isExpired ? 0 : timeout) + Wire.int64(isExpired ? 0 : session) + Wire.int32(16)
            + [UInt8](repeating: 7, count: 16) + [0]
        reply(id, Wire.int32(Int32(body.count)) + body)
        if isExpired {
            endSession(asked)
            closing.insert(id)
        } else {
            hasShaken.insert(id)
            sessions[id] = session
        }
    }

    func answer(_ id: ConnectionID, _ xid: Int32, error: Int32 = 0, zxid other: Int64? = nil, body: [UInt8] = []) {
        let content = error == 0 ? body : []
        let frame = Wire.int32(xid) + Wire.int64(other ?? zxid) + Wire.int32(error) + content
        reply(id, Wire.int32(Int32(frame.count)) + frame)
    }

    func stat(_ znode: Znode, size: Int) -> [UInt8] {
        Wire.int64(znode.born) + Wire.int64(znode.zxid) + Wire.int64(0) + Wire.int64(0) + Wire.int32(znode.version)
            + Wire.int32(0) + Wire.int32(0) + Wire.int64(0) + Wire.int32(Int32(size))
            + Wire.int32(Int32(znode.children.count)) + Wire.int64(znode.born)
    }

    private func set(_ request: Wire.Reader, _ xid: Int32, _ id: ConnectionID) {
        let (path, data) = (request.text(), request.buffer())
        counts.set += 1
        zxid += 1
        if firstSet == nil { firstSet = DispatchTime.now().uptimeNanoseconds }
        if pauseBegins == nil, let after = misbehaviour.pauseAfter { pauseBegins = DispatchTime.now().uptimeNanoseconds + after }
        guard let before = tree[path] else { return answer(id, xid, error: -101) }
        let expected = request.int32()
        guard expected == -1 || expected == before.version else { return answer(id, xid, error: -103) }
        tree[path]!.data = data
        tree[path]!.version += 1
        tree[path]!.zxid = zxid
        let number = counts.set
        if number == misbehaviour.breakAtSet {
            closing.insert(id)
            return
        }
        if number == misbehaviour.dropReplyOfSet { return }
        if number == misbehaviour.errorAtSet { return answer(id, xid, error: misbehaviour.errorCode) }
        defer { if number == misbehaviour.loseSet { tree[path] = before } }
        let size = data.count + (number == misbehaviour.wrongSizeAtSet ? 1 : 0)
        let body = stat(tree[path]!, size: size)
        if number == misbehaviour.garbageAtSet { return reply(id, Wire.int32(3) + [1, 2, 3]) }
        if number == misbehaviour.swapReplyOfSet {
            let frame = Wire.int32(xid) + Wire.int64(zxid) + Wire.int32(0) + body
            held = Wire.int32(Int32(frame.count)) + frame
            return
        }
        answer(id, xid, zxid: number == misbehaviour.zxidBackAtSet ? 1 : nil, body: body)
        if number == misbehaviour.doubleReplyOfSet { answer(id, xid, body: body) }
        if number == misbehaviour.strayReplyAfterSet { answer(id, 1_000_000_000, body: body) }
        if let late = held {
            held = nil
            reply(id, late)
        }
    }

    private func create(_ request: Wire.Reader, _ xid: Int32, _ id: ConnectionID) {
        var path = request.text()
        var data = request.buffer()
        for _ in 0..<request.int32() {
            _ = request.int32()
            _ = request.text()
            _ = request.text()
        }
        let flags = request.int32()
        let isSequential = flags & 2 != 0
        let parent =
            path.range(of: "/", options: .backwards).map {
                $0.lowerBound == path.startIndex ? "/" : String(path[..<$0.lowerBound])
            } ?? "/"
        zxid += 1
        guard tree[parent] != nil else { return answer(id, xid, error: -101) }
        if isSequential { counts.create += 1 }
        if !isSequential && setupBreaks < misbehaviour.breaksAtSetup {
            setupBreaks += 1
            closing.insert(id)
            return
        }
        let number = isSequential ? counts.create : 0
        if isSequential && number == misbehaviour.breakBeforeCreate {
            closing.insert(id)
            return
        }
        if isSequential && number >= misbehaviour.hastenFromCreate { path = hastened(path) }
        if isSequential { path += String(format: "%010d", tree[parent]!.created) }
        guard tree[path] == nil else { return answer(id, xid, error: -110) }
        tree[parent]!.created += 1
        if isSequential && number == misbehaviour.exchangeCreate {
            exchanged = (path, data)
            return answer(id, xid, body: Wire.text(path))
        }
        if isSequential, var earlier = exchanged, (earlier.path as NSString).deletingLastPathComponent == parent {
            swap(&data, &earlier.data)
            tree[earlier.path] = Znode(data: earlier.data, zxid: zxid, born: zxid)
            tree[parent]!.children.insert((earlier.path as NSString).lastPathComponent)
            exchanged = nil
        }
        if !(isSequential && number == misbehaviour.loseCreate) {
            tree[path] = Znode(data: data, zxid: zxid, born: zxid, owner: flags & 1 != 0 ? sessions[id] ?? 0 : 0)
            tree[parent]!.children.insert((path as NSString).lastPathComponent)
            if isSequential && number == misbehaviour.doubleCreate { createAgain(path, in: parent) }
            fire(parent)
        }
        if isSequential && number == misbehaviour.breakAfterCreate {
            closing.insert(id)
            return
        }
        answer(id, xid, body: Wire.text(path))
    }

    private func delete(_ request: Wire.Reader, _ xid: Int32, _ id: ConnectionID) {
        let path = request.text()
        zxid += 1
        guard let znode = tree[path] else { return answer(id, xid, error: -101) }
        let expected = request.int32()
        guard expected == -1 || expected == znode.version else { return answer(id, xid, error: -103) }
        counts.delete += 1
        let parent = (path as NSString).deletingLastPathComponent
        if counts.delete == misbehaviour.keepDeleted {
            // the same item turns up again under a new name, as if it had been created twice
            let again = parent + "/item-" + String(format: "%010d", tree[parent]!.created)
            tree[parent]!.created += 1
            tree[again] = tree[path]
            tree[parent]!.children.insert((again as NSString).lastPathComponent)
        }
        tree[path] = nil
        tree[parent]?.children.remove((path as NSString).lastPathComponent)
        fire(parent)
        tellDeleted(path)
        if counts.delete == misbehaviour.breakAfterDelete {
            closing.insert(id)
            return
        }
        answer(id, xid)
    }

    private func get(_ request: Wire.Reader, _ xid: Int32, _ id: ConnectionID) {
        guard let znode = tree[request.text()] else { return answer(id, xid, error: -101) }
        counts.get += 1
        if counts.get == misbehaviour.breakAtGet {
            closing.insert(id)
            return
        }
        var data = znode.data
        if counts.get == misbehaviour.damageAtGet { data[data.count - 1] ^= 1 }
        answer(id, xid, body: Wire.int32(Int32(data.count)) + data + stat(znode, size: data.count))
    }

    private func list(_ request: Wire.Reader, _ xid: Int32, _ id: ConnectionID) {
        let path = request.text()
        guard let znode = tree[path] else { return answer(id, xid, error: -101) }
        if request.flag() { tree[path]!.watchers.insert(id) }
        let children = shown(of: znode, at: path, to: id)
        answer(id, xid, body: Wire.int32(Int32(children.count)) + children.flatMap { Wire.text($0) })
    }

    func fire(_ path: String) {
        guard let watchers = tree[path]?.watchers, !watchers.isEmpty else { return }
        tree[path]!.watchers = []
        guard misbehaviour.firesWatches else { return }
        for watcher in watchers where hasShaken.contains(watcher) {
            answer(watcher, -1, zxid: -1, body: Wire.int32(4) + Wire.int32(3) + Wire.text(path))
        }
    }
}
