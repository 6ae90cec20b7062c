// The name and version that every kind of document carries as `schema`. A document of another one is refused, not guessed at.

package protocol DocumentForm: Sendable, Equatable {
    /// Such as `quorate.result/1`.
    static var schemaName: String { get }
}

package struct DocumentSchema<Form: DocumentForm>: Sendable, Equatable, Codable {
    package init() {}

    package init(from decoder: any Decoder) throws {
        let found = try decoder.singleValueContainer().decode(String.self)
        guard found == Form.schemaName else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "the document is '\(found)', and this version reads '\(Form.schemaName)' only"))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Form.schemaName)
    }
}
