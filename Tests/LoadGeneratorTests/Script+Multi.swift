// Multis at the scripted server: parts are carried out in order, and the reply is right or has the fault that the script names.

import Foundation
import Transport

extension Script {
    private static let end = Wire.int32(-1) + [1] + Wire.int32(-1)

    private static func head(_ type: Int32, _ error: Int32 = 0) -> [UInt8] { Wire.int32(type) + [0] + Wire.int32(error) }

    /// One part's result that says it was not carried out.
    private static func failed(_ error: Int32) -> [UInt8] { head(-1, error) + Wire.int32(error) }

    func multi(_ request: Wire.Reader, _ xid: Int32, _ id: ConnectionID) {
        counts.multi += 1
        let fault = misbehaviour.faultAtMulti.flatMap { $0.number == counts.multi ? $0.fault : nil }
        if fault == .refusedInHeader { return answer(id, xid, error: -101) }
        zxid += 1
        let before = tree
        let parts = carryOut(request, fault)
        switch fault {
        case .refused, .refusedWithoutError, .refusedTwice:
            tree = before
            return answer(id, xid, body: refusal(of: parts.count, fault))
        case .lost: tree = before
        default: break
        }
        var results = parts
        if fault == .partMissing { results.removeLast() }
        var body = results.flatMap { $0 } + (fault == .endMissing ? [] : Self.end)
        if fault == .cut { body.removeLast(20) }
        answer(id, xid, body: body)
    }

    private func refusal(of count: Int, _ fault: MultiFault?) -> [UInt8] {
        var results = [Self.failed(0)]
        results.append(Self.failed(fault == .refusedWithoutError ? 0 : -101))
        let behind: Int32 = fault == .refusedTwice ? -101 : fault == .refusedWithoutError ? 0 : -2
        while results.count < count { results.append(Self.failed(behind)) }
        return results.flatMap { $0 } + Self.end
    }

    private func carryOut(_ request: Wire.Reader, _ fault: MultiFault?) -> [[UInt8]] {
        var results: [[UInt8]] = []
        while true {
            let type = request.int32()
            let isEnd = request.flag()
            _ = request.int32()
            if isEnd { return results }
            switch type {
            case 1: results.append(partCreate(request, fault))
            case 5: results.append(partSet(request, fault))
            default:
                let isThere = tree[request.text()] != nil
                _ = request.int32()
                results.append(isThere ? Self.head(13) : Self.failed(-101))
            }
            if fault == .otherPart { results[results.count - 1].replaceSubrange(0..<4, with: Wire.int32(2)) }
        }
    }

    private func partCreate(_ request: Wire.Reader, _ fault: MultiFault?) -> [UInt8] {
        let path = request.text()
        let data = request.buffer()
        for _ in 0..<request.int32() {
            _ = request.int32()
            _ = request.text()
            _ = request.text()
        }
        _ = request.int32()
        let parent = (path as NSString).deletingLastPathComponent
        guard tree[path] == nil, tree[parent] != nil else { return Self.failed(-110) }
        tree[path] = Znode(data: data, zxid: zxid)
        tree[parent]!.children.insert((path as NSString).lastPathComponent)
        return Self.head(1) + Wire.text(fault == .otherPath ? path.replacing(/.$/, with: "?") : path)
    }

    private func partSet(_ request: Wire.Reader, _ fault: MultiFault?) -> [UInt8] {
        let path = request.text()
        let data = request.buffer()
        _ = request.int32()
        guard tree[path] != nil else { return Self.failed(-101) }
        tree[path]!.data = data
        tree[path]!.version += 1
        tree[path]!.zxid = zxid
        var shown = tree[path]!
        if fault == .otherZxid { shown.zxid = 0 }
        return Self.head(5) + stat(shown, size: data.count + (fault == .otherSize ? 1 : 0))
    }
}
