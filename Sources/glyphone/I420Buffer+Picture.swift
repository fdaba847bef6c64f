import Codecs
import Console
import TerminalVideo

/// Decoded pictures can be shown by the console as they are.
extension I420Buffer: Picture {
    public func withPictureView(_ body: (PictureView) -> Void) {
        withPlanes { luma, blue, red in
            let view = PictureView(
                width: width, height: height, luma: luma.samples, lumaStride: lumaStride, blue: blue.samples, red: red.samples,
                chromaStride: chromaStride)
            if let view { body(view) }
        }
    }
}
