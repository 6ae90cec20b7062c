// What clients that make items and those that publish messages have in common: they stop while too much waits, and send their
// template into one znode of a pool.

extension LoadClient {
    /// The driver lets the client go on once something was taken.
    func holdBack(_ run: LoadDriver) {
        isHeldBack = true
        run.heldBack.append(index)
    }

    /// Sends the operation's next template to the pool's znode with this number; where its copy stands, for the stamp.
    @inline(__always) func sendNumbered(
        _ operation: PlannedOperation, to znode: UInt64, sequence: Int64, _ request: InFlight, _ run: LoadDriver
    ) -> (frame: UnsafeMutableRawPointer, template: RequestTemplate) {
        createdCount += 1
        let template = operation.template(&random)
        var request = request
        request.detail = sequence
        request.place = Int32(truncatingIfNeeded: znode)
        let frame = send(template, request, run)
        if template.poolOffset > 0 { frame.storeDigits(znode, width: poolDigits, at: template.poolOffset) }
        return (frame, template)
    }
}
