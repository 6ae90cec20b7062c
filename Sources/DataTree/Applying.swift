// One write of a client: who may ask, which operation, and the multi, which is all of its parts or none.

import Batch
import ClientProtocol
package import Handlers
package import Jute
import Rules

extension DataTree {
    /// Parts that one multi may have.
    package static let maxMultiParts = 10_000

    /// Is this an operation that `apply` carries out?
    package static func isWrite(_ type: Int32) -> Bool {
        switch type {
        case OpCode.create, OpCode.create2, OpCode.delete, OpCode.setData, OpCode.setACL, OpCode.multi: true
        default: false
        }
    }

    /// Applies one request of a client. Whatever its bytes are, there is a result and never a trap.
    package func apply(
        _ context: ApplyContext, identities: RawSpan, body: RawSpan, reply: inout ByteBuffer, effects: inout Effects
    ) -> Int32 {
        stamp(context)
        var session: UInt32 = 0
        let error = judgeOwner(context.head, row: &session)
        guard error == ErrorCode.ok else { return error }
        if context.head.type == OpCode.multi {
            return multi(body, session: session, identities: identities, reply: &reply, effects: &effects)
        }
        var reader = JuteReader(body)
        return change(context.head.type, &reader, session: session, identities: identities, reply: &reply, effects: &effects)
    }

    /// Takes over what every operation needs of its record.
    @inline(__always)
    package func stamp(_ context: ApplyContext) {
        zxid = context.zxid.wire
        wallTime = context.wallTime
        logTime = context.logTime
        #if QUORATE_MUTANTS
        if Mutant.isOn(.clockInApply) { wallTime = Mutant.clock() }
        #endif
        wantsReply = context.isOwn
    }

    /// One operation, alone or as a part of a multi.
    private func change(
        _ type: Int32, _ reader: inout JuteReader, session: UInt32, identities: RawSpan, reply: inout ByteBuffer,
        effects: inout Effects
    ) -> Int32 {
        do {
            switch type {
            case OpCode.create, OpCode.create2:
                let request = try CreateRequest(reading: &reader, hasTTL: false)
                return create(
                    request, session: session, identities: identities, withStat: type == OpCode.create2, reply: &reply,
                    effects: &effects)
            case OpCode.delete:
                return delete(try VersionedPath(reading: &reader), identities: identities, effects: &effects)
            case OpCode.setData:
                return setData(try SetDataRequest(reading: &reader), identities: identities, reply: &reply, effects: &effects)
            case OpCode.setACL:
                return setACL(try SetACLRequest(reading: &reader), identities: identities, reply: &reply)
            default: return ErrorCode.unimplemented
            }
        } catch {
            return ErrorCode.marshallingError
        }
    }

    // MARK: Multi

    private func multi(
        _ body: RawSpan, session: UInt32, identities: RawSpan, reply: inout ByteBuffer, effects: inout Effects
    ) -> Int32 {
        let count = countParts(body)
        guard count >= 0 else { return ErrorCode.marshallingError }
        guard count <= DataTree.maxMultiParts else { return ErrorCode.badArguments }
        let start = reply.count
        let totalsBefore = totals
        space.beginMulti()
        held.isHolding = true
        var reader = JuteReader(body)
        for part in 0..<count {
            let error = applyPart(&reader, session: session, identities: identities, reply: &reply, effects: &effects)
            guard error != ErrorCode.ok else { continue }
            held.removeAll()
            space.rollBackMulti()
            totals = totalsBefore
            space.note(UInt64(part), UInt64(UInt32(bitPattern: error)))
            reply.truncate(to: start)
            if wantsReply { writeFailure(of: part, error, count, &reply) }
            return ErrorCode.ok
        }
        fireHeld(&effects)
        space.commitMulti()
        if wantsReply { reply.write(MultiHeader.end) }
        return ErrorCode.ok
    }

    /// Walks all parts without doing anything. -1 if one does not decode or may not stand in a multi.
    private func countParts(_ body: RawSpan) -> Int {
        var reader = JuteReader(body)
        var count = 0
        do {
            while true {
                let header = try MultiHeader(reading: &reader)
                if header.done { return count }
                switch header.type {
                case OpCode.create, OpCode.create2: _ = try CreateRequest(reading: &reader, hasTTL: false)
                case OpCode.delete, OpCode.check: _ = try VersionedPath(reading: &reader)
                case OpCode.setData: _ = try SetDataRequest(reading: &reader)
                default: return -1
                }
                count += 1
                if count > DataTree.maxMultiParts { return count }
            }
        } catch {
            return -1
        }
    }

    private func applyPart(
        _ reader: inout JuteReader, session: UInt32, identities: RawSpan, reply: inout ByteBuffer, effects: inout Effects
    ) -> Int32 {
        do {
            let type = try MultiHeader(reading: &reader).type
            if wantsReply { reply.write(MultiHeader(type: type, done: false, error: 0)) }
            if type == OpCode.check { return check(try VersionedPath(reading: &reader), identities: identities) }
            return change(type, &reader, session: session, identities: identities, reply: &reply, effects: &effects)
        } catch {
            return ErrorCode.marshallingError
        }
    }

    /// Parts before the one that failed are reported with 0, those behind it as not tried.
    private func writeFailure(of failed: Int, _ error: Int32, _ count: Int, _ reply: inout ByteBuffer) {
        for part in 0..<count {
            reply.writeMultiError(part < failed ? ErrorCode.ok : part == failed ? error : ErrorCode.runtimeInconsistency)
        }
        reply.write(MultiHeader.end)
    }
}
