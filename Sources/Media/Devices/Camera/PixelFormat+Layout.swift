/// The formats that pictures are made of here; libv4l2 knows some that are left, of the first webcams.
extension PixelFormat {
    /// Nil for what is not converted here.
    package var layout: PictureLayout? { Self.layouts[self] }

    /// How much work a picture of this format is, compared with others of the same size: 0 for the least.
    var conversionCost: Int {
        switch layout {
        case .planar(.yuv420, _): 0
        case .semiplanar(.yuv420, _): 1
        case .interleaved, .planar, .semiplanar: 2
        case .packed, .mosaic: 4
        // The camera has worked as well, and lost some of the picture.
        case .jpeg: 6
        case nil: 9
        }
    }

    /// Whether the layout says nothing of colour.
    package var isColourless: Bool {
        if case .packed(let pixel) = layout { pixel.model == .luma } else { false }
    }

    private static let layouts: [PixelFormat: PictureLayout] = {
        var all: [PixelFormat: PictureLayout] = [
            PixelFormat("YU12"): .planar(shift: .yuv420, swapsChroma: false),
            PixelFormat("YV12"): .planar(shift: .yuv420, swapsChroma: true),
            PixelFormat("422P"): .planar(shift: .yuv422, swapsChroma: false),
            PixelFormat("NV12"): .semiplanar(shift: .yuv420, swapsChroma: false),
            PixelFormat("NV21"): .semiplanar(shift: .yuv420, swapsChroma: true),
            PixelFormat("NV16"): .semiplanar(shift: .yuv422, swapsChroma: false),
            PixelFormat("NV61"): .semiplanar(shift: .yuv422, swapsChroma: true),
            PixelFormat("NV24"): .semiplanar(shift: .yuv444, swapsChroma: false),
            PixelFormat("NV42"): .semiplanar(shift: .yuv444, swapsChroma: true),
            PixelFormat("YUYV"): .interleaved(y: 0, u: 1, v: 3),
            PixelFormat("YVYU"): .interleaved(y: 0, u: 3, v: 1),
            PixelFormat("UYVY"): .interleaved(y: 1, u: 0, v: 2),
            PixelFormat("VYUY"): .interleaved(y: 1, u: 2, v: 0),
            PixelFormat("MJPG"): .jpeg,
            PixelFormat("JPEG"): .jpeg,
        ]
        for (format, pixel) in packedYUV + packedRGB { all[format] = .packed(pixel) }
        for (name, column, row, bits) in mosaics {
            all[PixelFormat(name)] = .mosaic(BayerPattern(redColumn: column, redRow: row, bits: bits))
        }
        return all
    }()

    private static let packedYUV: [(PixelFormat, PackedPixel)] = [
        (PixelFormat("GREY"), PackedPixel(.luma, bytes: 1, 0xff)),
        (PixelFormat("Y10 "), PackedPixel(.luma, bytes: 2, 0x3ff)),
        (PixelFormat("Y12 "), PackedPixel(.luma, bytes: 2, 0xfff)),
        (PixelFormat("Y14 "), PackedPixel(.luma, bytes: 2, 0x3fff)),
        (PixelFormat("Y16 "), PackedPixel(.luma, bytes: 2, 0xffff)),
        (PixelFormat("Y16 -BE"), PackedPixel(.luma, bytes: 2, isBigEndian: true, 0xffff)),
        (PixelFormat("Y444"), PackedPixel(.yuv, bytes: 2, 0x0f00, 0x00f0, 0x000f)),
        (PixelFormat("YUVO"), PackedPixel(.yuv, bytes: 2, 0x7c00, 0x03e0, 0x001f)),
        (PixelFormat("YUVP"), PackedPixel(.yuv, bytes: 2, 0xf800, 0x07e0, 0x001f)),
        (PixelFormat("YUV3"), PackedPixel(.yuv, bytes: 3, 0xff, 0xff00, 0xff_0000)),
        (PixelFormat("YUV4"), PackedPixel(.yuv, bytes: 4, 0xff00, 0xff_0000, 0xff00_0000)),
        (PixelFormat("AYUV"), PackedPixel(.yuv, bytes: 4, 0xff00, 0xff_0000, 0xff00_0000)),
        (PixelFormat("XYUV"), PackedPixel(.yuv, bytes: 4, 0xff00, 0xff_0000, 0xff00_0000)),
        (PixelFormat("VUYA"), PackedPixel(.yuv, bytes: 4, 0xff_0000, 0xff00, 0xff)),
        (PixelFormat("VUYX"), PackedPixel(.yuv, bytes: 4, 0xff_0000, 0xff00, 0xff)),
        (PixelFormat("YUVA"), PackedPixel(.yuv, bytes: 4, 0xff, 0xff00, 0xff_0000)),
        (PixelFormat("YUVX"), PackedPixel(.yuv, bytes: 4, 0xff, 0xff00, 0xff_0000)),
        (PixelFormat("HSV3"), PackedPixel(.hsv, bytes: 3, 0xff, 0xff00, 0xff_0000)),
        (PixelFormat("HSV4"), PackedPixel(.hsv, bytes: 4, 0xff00, 0xff_0000, 0xff00_0000)),
    ]

    private static let packedRGB: [(PixelFormat, PackedPixel)] = {
        let groups: [(formats: [StaticString], pixel: PackedPixel)] = [
            (["RGB1"], PackedPixel(.rgb, bytes: 1, 0xe0, 0x1c, 0x03)),
            (["R444", "AR12", "XR12"], PackedPixel(.rgb, bytes: 2, 0x0f00, 0x00f0, 0x000f)),
            (["RA12", "RX12"], PackedPixel(.rgb, bytes: 2, 0xf000, 0x0f00, 0x00f0)),
            (["AB12", "XB12"], PackedPixel(.rgb, bytes: 2, 0x000f, 0x00f0, 0x0f00)),
            (["GA12", "BX12"], PackedPixel(.rgb, bytes: 2, 0x00f0, 0x0f00, 0xf000)),
            (["RGBO", "AR15", "XR15"], PackedPixel(.rgb, bytes: 2, 0x7c00, 0x03e0, 0x001f)),
            (["RA15", "RX15"], PackedPixel(.rgb, bytes: 2, 0xf800, 0x07c0, 0x003e)),
            (["AB15", "XB15"], PackedPixel(.rgb, bytes: 2, 0x001f, 0x03e0, 0x7c00)),
            (["BA15", "BX15"], PackedPixel(.rgb, bytes: 2, 0x003e, 0x07c0, 0xf800)),
            (["RGBQ", "AR15-BE", "XR15-BE"], PackedPixel(.rgb, bytes: 2, isBigEndian: true, 0x7c00, 0x03e0, 0x001f)),
            (["RGBP"], PackedPixel(.rgb, bytes: 2, 0xf800, 0x07e0, 0x001f)),
            (["RGBR"], PackedPixel(.rgb, bytes: 2, isBigEndian: true, 0xf800, 0x07e0, 0x001f)),
            (["RGB3"], PackedPixel(.rgb, bytes: 3, 0xff, 0xff00, 0xff_0000)),
            (["BGR3"], PackedPixel(.rgb, bytes: 3, 0xff_0000, 0xff00, 0xff)),
            (["BGRH"], PackedPixel(.rgb, bytes: 4, isBigEndian: true, 0x000f_c000, 0x03f0_0000, 0xfc00_0000)),
            (["BGR4", "AR24", "XR24"], PackedPixel(.rgb, bytes: 4, 0xff_0000, 0xff00, 0xff)),
            (["RA24", "RX24"], PackedPixel(.rgb, bytes: 4, 0xff00_0000, 0xff_0000, 0xff00)),
            (["RGB4", "BA24", "BX24"], PackedPixel(.rgb, bytes: 4, 0xff00, 0xff_0000, 0xff00_0000)),
            (["AB24", "XB24"], PackedPixel(.rgb, bytes: 4, 0xff, 0xff00, 0xff_0000)),
        ]
        return groups.flatMap { group in group.formats.map { (PixelFormat($0), group.pixel) } }
    }()

    private static let mosaics: [(StaticString, Int, Int, Int)] = [
        ("BA81", 1, 1, 8), ("GBRG", 0, 1, 8), ("GRBG", 1, 0, 8), ("RGGB", 0, 0, 8),
        ("BG10", 1, 1, 10), ("GB10", 0, 1, 10), ("BA10", 1, 0, 10), ("RG10", 0, 0, 10),
        ("BG12", 1, 1, 12), ("GB12", 0, 1, 12), ("BA12", 1, 0, 12), ("RG12", 0, 0, 12),
        ("BYR2", 1, 1, 16), ("GB16", 0, 1, 16), ("GR16", 1, 0, 16), ("RG16", 0, 0, 16),
    ]
}
