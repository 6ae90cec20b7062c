// Creating znodes and removing one's own: what is sent, and what is remembered of the replies.

internal import Statistics

extension LoadClient {
    /// Which operation goes out next. In a mix, a delete that finds nothing to remove creates something instead: drawing again
    /// could go on for ever, and would thin out the deletes' share of the other operations, too.
    @inline(__always) func nextOperation(_ run: LoadDriver, phase: Int) -> Int {
        guard !role.cumulativeWeights.isEmpty else { return step }
        let operation = role.operations[step]
        guard operation.kind == .delete, created[operation.createdBy].isEmpty else { return step }
        if role.isOpenLoop {
            run.streams[Int(operation.stream)].phases[phase].takeBackOffer()
            run.streams[Int(role.operations[operation.createdBy].stream)].phases[phase].offered += 1
        }
        return operation.createdBy
    }

    @inline(__always) func sendCreate(_ operation: PlannedOperation, at index: Int, _ request: InFlight, _ run: LoadDriver) {
        let number = run.names.take()
        var request = request
        request.place = Int32(truncatingIfNeeded: index)
        request.detail = Int64(number)
        guard !operation.tails.isEmpty else {
            let template = operation.template(&random)
            template.fill(send(template, request, run), parent: 0, number: number, run.names)
            return
        }
        let place = run.names.place(of: number, parents: operation.poolCount, lengths: operation.templates.count)
        let path = operation.templates[place.length]
        let tail = operation.tails[Int(random.below(UInt64(operation.tails.count)))]
        output.reserve(path.frame.count + tail.frame.count)
        let frame = send(path, request, run)
        path.fill(frame, parent: place.parent, number: number, run.names)
        _ = output.append(tail.frame)
        frame.store(Int32(truncatingIfNeeded: path.frame.count + tail.frame.count - 4), at: 0)
    }

    /// False if there is nothing that this client has created.
    @inline(__always) func sendDelete(_ operation: PlannedOperation, _ request: InFlight, _ run: LoadDriver) -> Bool {
        guard let number = created[operation.createdBy].popFirst() else { return false }
        let place = run.names.place(of: number, parents: operation.poolCount, lengths: operation.templates.count)
        let template = operation.templates[place.length]
        template.fill(send(template, request, run), parent: place.parent, number: number, run.names)
        return true
    }

    /// Looks at the path that was created, and remembers it if there is a delete to remove it.
    func creationAnswered(_ request: InFlight, error: Int32, _ body: UnsafeRawBufferPointer, _ run: LoadDriver) {
        guard request.kind == .create, error == 0 else { return }
        let index = Int(request.place)
        let operation = role.operations[index]
        let number = UInt64(request.detail)
        // Which template it was matters only where it decides about the name.
        let place =
            operation.tails.isEmpty
            ? (parent: 0, length: 0)
            : run.names.place(of: number, parents: operation.poolCount, lengths: operation.templates.count)
        guard body.count >= 4, body.count == 4 + Int(body.int32(at: 0)),
            case let path = UnsafeRawBufferPointer(rebasing: body[4...]),
            operation.templates[place.length].isPath(
                path, parent: place.parent, number: number, isSequential: operation.isSequential, run.names)
        else {
            run.anomalies.wrongContent += 1
            return
        }
        guard role.operations.contains(where: { $0.kind == .delete && $0.createdBy == index }) else { return }
        guard operation.isSequential else { return created[index].append(number) }
        if let given = sequenceNumber(path, from: 0, to: path.count) { created[index].append(UInt64(given)) }
    }
}
