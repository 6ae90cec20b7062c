// `--set path=value`: puts a value into the document before its meaning is read, so that an override obeys the same
// rules as the file. A list element is named by its position, or by its `name` or `path`.

extension DocumentNode {
    /// Carries out one setting of the form `roles.producer.clients=8`.
    mutating func apply(setting: String) throws(WorkloadError) {
        guard let equals = setting.firstIndex(of: "="), equals != setting.startIndex else {
            throw WorkloadError(
                file: file, place: .override(setting), "is not of the form path=value, as in roles.producer.clients=8")
        }
        let steps = setting[..<equals].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard !steps.contains("") else {
            throw WorkloadError(file: file, place: .override(setting), "has an empty step in its path")
        }
        let text = String(setting[setting.index(after: equals)...])
        guard !text.isEmpty else {
            throw WorkloadError(file: file, place: .override(setting), "has no value after '='")
        }
        let dotted = steps.joined(separator: ".")
        let value = try DocumentNode.read(text, file: file, place: .override(setting), path: dotted)
        try put(value, at: steps[...], setting: setting)
    }

    private mutating func put(_ value: DocumentNode, at steps: ArraySlice<String>, setting: String) throws(WorkloadError) {
        guard let step = steps.first else {
            self = value
            return
        }
        let rest = steps.dropFirst()
        switch content {
        case .mapping(var entries):
            if let position = entries.firstIndex(where: { $0.key == step }) {
                try entries[position].value.put(value, at: rest, setting: setting)
            } else {
                var fresh = DocumentNode(
                    content: .mapping([]), place: .override(setting), path: path.isEmpty ? step : "\(path).\(step)", file: file)
                try fresh.put(value, at: rest, setting: setting)
                entries.append(Entry(key: step, keyPlace: .override(setting), value: fresh))
            }
            content = .mapping(entries)
        case .sequence(var items):
            guard let position = items.firstIndex(named: step) else {
                let names = items.compactMap(\.label)
                let hint = nearestName(to: step, among: names) ?? names.first ?? "0"
                throw WorkloadError(
                    file: file, place: .override(setting), "the list '\(path)' has no element '\(step)'; did you mean '\(hint)'?")
            }
            try items[position].put(value, at: rest, setting: setting)
            content = .sequence(items)
        case .scalar:
            throw WorkloadError(
                file: file, place: .override(setting), "'\(path)' is a single value and has nothing named '\(step)' in it")
        }
    }

    /// What a list element is called: its `name`, else its `path`.
    var label: String? {
        guard case .mapping(let entries) = content else { return nil }
        for key in ["name", "path"] {
            if let entry = entries.first(where: { $0.key == key }), case .scalar(let text) = entry.value.content { return text }
        }
        return nil
    }
}

extension [DocumentNode] {
    fileprivate func firstIndex(named step: String) -> Int? {
        if let number = Int(step), indices.contains(number) { return number }
        return firstIndex { $0.label == step }
    }
}
